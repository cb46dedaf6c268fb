"""CoNLL columns: a word a line with its labels beside it, an empty line between sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Literal

from syntagma.errors import DataError, LabelError
from syntagma.text.document import ENTITIES, Document, Sentence, Token
from syntagma.text.formats.assembly import Assembly, align, spaced
from syntagma.text.formats.conll_rows import DOCUMENT_MARK, ConllBlock, read_rows
from syntagma.text.formats.dependency_columns import read_tree
from syntagma.text.formats.reading import Source, source_name
from syntagma.text.formats.span_tags import SpanTags
from syntagma.text.formats.writing import clean_field
from syntagma.text.label_schemes import LabelScheme

WORD, IGNORED, NOTHING = "word", "-", "_"
INVISIBLE = "\ufffd"
HEAD, RELATION = "head", "deprel"
LayerKind = Literal["tags", "spans", "tree"]
ENTITY_LAYER: Mapping[str, LayerKind] = {ENTITIES: "spans"}


def read_conll(
    source: Source,
    *,
    columns: Sequence[str] | None = None,
    separator: str | None = None,
    scheme: LabelScheme | str | None = None,
    types: Mapping[str, str] | None = None,
    layers: Mapping[str, LayerKind] = ENTITY_LAYER,
) -> Iterator[Document]:
    """Read documents: one for each `-DOCSTART-` or `# newdoc`, and one for each sentence before the first of them.

    Args:
        columns: each column's name: `word`, a layer of `layers`, `head` and `deprel` for a tree, or `-` for one to
            ignore. None: the first is the word, the last is the only layer.
        separator: what parts the columns. None: tabs if the first row has one, else runs of blanks.
        scheme: of the span layers. None: found out from the tags (see `SpanTags`). Tags are read leniently, as
            conlleval does, so an `I-` after `O` begins a span.
        types: new names for the types of spans; a type mapped to "" is dropped. It must know every type there is.
        layers: what to read, as spans, as one tag a word, or as a tree. A tag `_` is none. A sentence has the tree if
            each of its words has a head, numbered from 1 in its sentence or 0 for the root, and a relation.

    The text is that of `# text = ` where it spells the words, else the words joined by spaces. Every row gives a
    token: blanks around a word are cut off, and a word of blanks alone becomes U+FFFD. Which lines are comments:
    see `read_rows`.

    Raises:
        DataError: no readable text, ragged columns, a type that `types` does not know, a head that is not there or is
            the word itself; names file and line.
        LabelError: a span layer's tag that is none, or of another scheme than the file's.
    """
    name = source_name(source)
    places = _places(columns, layers)
    reading = SpanTags(_scheme(scheme), types)
    assembly = Assembly(name)
    for block in read_rows(source, width=len(columns) if columns else None, separator=separator):
        if block.opens or "newdoc" in block.comments or "newdoc id" in block.comments:
            yield from assembly.open()
        text, sentence = _sentence(block, places, name)
        for layer, kind in layers.items():
            if kind == "tree":
                _hang(sentence, layer, block, places, name)
            else:
                _label(sentence, layer, kind, [row[places[layer]] for row in block.rows], reading, (name, block.line))
        paragraph = "newpar" in block.comments or "newpar id" in block.comments
        yield from assembly.add(text, sentence, paragraph=paragraph)
    yield from assembly.close()


def write_conll(
    documents: Iterable[Document],
    stream: IO[str],
    *,
    layer: str = ENTITIES,
    scheme: LabelScheme | str = LabelScheme.IOB2,
) -> None:
    """Write two columns parted by a tab: the word, and its tag in a span layer or, if it is one, a tag layer.

    An empty line ends a sentence. `-DOCSTART-` comes before each document of several sentences, and before all from
    there on. Blanks inside a word that would part columns or lines become spaces; lone surrogates become U+FFFD.

    Raises:
        LabelError: a sentence that has not been annotated with the layer, or spans that overlap.
    """
    spelling = _scheme(scheme) or LabelScheme.IOB2
    marked = False
    for document in documents:
        marked = marked or len(document.sentences) > 1
        if marked:
            stream.write(f"{DOCUMENT_MARK}\tO\n\n")
        for sentence in document.sentences:
            tags = _written_tags(sentence, layer, spelling)
            rows = (f"{clean_field(token.text)}\t{tag}\n" for token, tag in zip(sentence.tokens, tags, strict=True))
            stream.write("".join(rows) + "\n")


def _scheme(name: LabelScheme | str | None) -> LabelScheme | None:
    try:
        return None if name is None else LabelScheme(name)
    except ValueError:
        known = ", ".join(scheme.value for scheme in LabelScheme)
        raise LabelError(f"there is no label scheme {name!r}", fix=f"Use one of: {known}") from None


def _places(columns: Sequence[str] | None, layers: Mapping[str, LayerKind]) -> dict[str, int]:
    """The index of each column that is read: the word's, each layer's, or those of the heads and relations."""
    needed = [name for layer, kind in layers.items() for name in ((HEAD, RELATION) if kind == "tree" else (layer,))]
    if columns is None:
        if len(needed) > 1:
            raise DataError(f"which columns hold {', '.join(needed)}?", fix="Name the columns of the file in order")
        return {WORD: 0, **dict.fromkeys(needed, -1)}
    for name in (WORD, *needed):
        if columns.count(name) != 1:
            found = f"the columns {', '.join(columns)} hold {name!r} {columns.count(name)} times"
            raise DataError(found, fix=f"Name one column {name!r}, and {IGNORED!r} those to ignore")
    return {name: place for place, name in enumerate(columns) if name != IGNORED}


def _sentence(block: ConllBlock, places: Mapping[str, int], name: str) -> tuple[str, Sentence]:
    where = f"{name}:{block.line}"
    if len(places) > 1 and len(block.rows[0]) == 1:
        raise DataError("there is only one column, so there are no labels", where=where, fix="Check the separator")
    words = [row[places[WORD]].strip() or INVISIBLE for row in block.rows]
    text = block.comments.get("text", "").strip()
    offsets = align(words, text)
    if offsets is None:
        text = " ".join(words)
        offsets = spaced(words)
    tokens = [Token(word, start, end) for word, (start, end) in zip(words, offsets, strict=True)]
    return text, Sentence(tokens, where=where)


def _hang(sentence: Sentence, layer: str, block: ConllBlock, places: Mapping[str, int], name: str) -> None:
    heads, relations = ([row[places[column]].strip() for row in block.rows] for column in (HEAD, RELATION))
    tree = read_tree(heads, relations, lambda index: f"{name}:{block.line + index}")
    if tree is not None:
        sentence.trees[layer] = tree


def _label(
    sentence: Sentence, layer: str, kind: LayerKind, tags: list[str], reading: SpanTags, place: tuple[str, int]
) -> None:
    tags = [tag.strip() for tag in tags]
    if kind == "spans":
        sentence.spans[layer] = reading.spans(tags, *place)
        return
    for token, tag in zip(sentence.tokens, tags, strict=True):
        if tag and tag != NOTHING:
            token.tags[layer] = tag


def _written_tags(sentence: Sentence, layer: str, scheme: LabelScheme) -> list[str]:
    if layer in sentence.spans:
        return scheme.encode(sentence.spans[layer], len(sentence.tokens))
    tags = sentence.tags(layer)
    if tags is None:
        raise LabelError(f"a sentence has no layer {layer!r} to write", where=sentence.where)
    return tags
