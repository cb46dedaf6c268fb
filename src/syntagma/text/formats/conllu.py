"""CoNLL-U, the format of Universal Dependencies: documents with words, parts of speech and dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from syntagma.errors import DataError
from syntagma.text.document import DEPENDENCIES, ENHANCED, ENTITIES, PARTS_OF_SPEECH, Document, Sentence, Token
from syntagma.text.formats.assembly import Assembly, align
from syntagma.text.formats.conllu_dependencies import read_basic, read_enhanced
from syntagma.text.formats.conllu_entities import read_entities
from syntagma.text.formats.conllu_sentences import ConlluRow, ConlluSentence, read_conllu_sentences
from syntagma.text.formats.reading import Source, source_name

LANGUAGE_TAGS = "xpos"


def read_conllu(source: Source) -> Iterator[Document]:
    """The documents: one for each `# newdoc`, and one for each sentence before the first of them.

    Tokens are the syntactic words, with the tag layers `upos` and `xpos` where given. Their offsets come from
    `# text`, or from the forms and `SpaceAfter` where the two disagree. The words of a multi-word token divide its
    characters where their forms put together spell it (`do` + `n't`); else each of them has all of its characters
    (`de` + `le` at `du`), and a word's text is then its form, not its characters. Sentences are joined by a space
    (by nothing after `SpaceAfter=No`), paragraphs (`# newpar`) by a blank line. The layer `ner` is read where
    `write_conllu` wrote it.

    HEAD and DEPREL are the tree `dependencies` of sentences where every word has both; that it is a tree is not
    looked at here (see `text.trees`). DEPS is the graph `enhanced` of sentences where a word has one; empty nodes are
    left out, paths over them contracted (see `conllu_dependencies`).

    Raises:
        DataError: as `read_conllu_sentences`, a multi-word range over words that are not there, a head that is no
            number, is not in the sentence or is the word itself, or DEPS that cannot be read.
    """
    assembly = Assembly(source_name(source))
    for block in read_conllu_sentences(source):
        marks = {key.split(" ")[0] for key in block.values}
        if "newdoc" in marks:
            yield from assembly.open()
        units = _surface_units(block)
        if units:
            text, tokens = _tokens(units, block.values.get("text"))
            sentence = Sentence(tokens, where=block.where)
            _annotate(sentence, block)
            space = units[-1][0].space_after
            yield from assembly.add(text, sentence, paragraph="newpar" in marks, space_after=space)
    yield from assembly.close()


def _annotate(sentence: Sentence, block: ConlluSentence) -> None:
    entities, tree, graph = read_entities(block), read_basic(block), read_enhanced(block)
    if entities is not None:
        sentence.spans[ENTITIES] = entities
    if tree is not None:
        sentence.trees[DEPENDENCIES] = tree
    if graph is not None:
        sentence.graphs[ENHANCED] = graph


def _surface_units(block: ConlluSentence) -> list[tuple[ConlluRow, list[ConlluRow]]]:
    """Pair each surface token with its words: itself alone, or those of its range."""
    units: list[tuple[ConlluRow, list[ConlluRow]]] = []
    last = 0
    for row in block.rows:
        if row.is_empty:
            continue
        if row.is_range:
            last = int(row.id.split("-")[1])
            units.append((row, []))
        elif int(row.id) <= last:
            units[-1][1].append(row)
        else:
            units.append((row, [row]))
    childless = next((row.id for row, words in units if not words), None)
    if childless:
        raise DataError(f"the multi-word token {childless} has no words", where=block.where)
    return units


def _tokens(units: Sequence[tuple[ConlluRow, list[ConlluRow]]], text: str | None) -> tuple[str, list[Token]]:
    forms = [row.form for row, _ in units]
    places = align(forms, text) if text else None
    if text is None or places is None:
        pieces = [row.form + " " * row.space_after for row, _ in units]
        text = "".join(pieces).removesuffix(" ")
        starts = accumulate(map(len, pieces), initial=0)
        places = [(start, start + len(form)) for start, form in zip(starts, forms, strict=False)]
    tokens: list[Token] = []
    for (start, end), (row, words) in zip(places, units, strict=True):
        tokens += _words(row.form, words, start, end)
    return text, tokens


def _words(surface: str, rows: Sequence[ConlluRow], start: int, end: int) -> list[Token]:
    if "".join(row.form for row in rows) != surface:
        return [Token(row.form, start, end, _tags(row)) for row in rows]
    ends = accumulate((len(row.form) for row in rows), initial=start)
    return [Token(row.form, at, at + len(row.form), _tags(row)) for at, row in zip(ends, rows, strict=False)]


def _tags(row: ConlluRow) -> dict[str, str]:
    given = {PARTS_OF_SPEECH: row.upos, LANGUAGE_TAGS: row.xpos}
    return {layer: tag for layer, tag in given.items() if tag != "_"}
