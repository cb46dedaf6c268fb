"""JSON Lines, read: one object a document with its text, and tokens and entities by character offsets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from syntagma.errors import DataError
from syntagma.text.document import ENTITIES, Document, Sentence, Token, TokenSpan
from syntagma.text.formats.jsonl_records import Entity, JsonRecord, read_records
from syntagma.text.formats.misalignment import MisalignedSpan, Misalignments, OnMisaligned
from syntagma.text.formats.reading import Source, source_name
from syntagma.text.segmentation import segment
from syntagma.text.sentence_splitter import split_sentences


def read_jsonl(
    source: Source, *, layers: Collection[str] | None = None, on_misaligned: OnMisaligned = "error"
) -> Iterator[Document]:
    """Read a document from each line that is not blank.

    Each line is an object with `text`, and if known `entities` (`start`, `end`, `label`, `confidence`), `tokens`
    (`start`, `end`, tags such as `upos`, and `text` for a word that is not its characters), `source` and `offset`.
    Offsets count characters (code points), not bytes. Text without `tokens` is segmented by `segment`; given tokens
    are grouped by `split_sentences`. An entity is never divided: the sentences that it reaches into become one.

    Args:
        layers: the layers to read, such as `ner` (the entities) and `upos`. None: all there are.
        on_misaligned: what to do with an entity that does not begin and end with a token. "error" leaves its document
            out, reads on, and raises one error for all of them at the end; "skip" drops it and logs a warning at the
            end; a function is called with it, and it is dropped.

    Raises:
        DataError: no readable text, a line that is no such object, offsets outside the text, tokens or entities that
            overlap; names file and line.
    """
    name = source_name(source)
    misalignments = Misalignments(name, on_misaligned)
    for record in read_records(source):
        document = Document(record.text, _sentences(record), record.source or name, record.offset)
        aligned = True
        if record.entities is not None and (layers is None or ENTITIES in layers):
            aligned = _annotate(document, record, misalignments)
        for sentence in document.sentences:
            sentence.where = record.where
        if layers is not None:
            _keep(document.tokens, layers)
        if aligned or on_misaligned != "error":
            yield document
    misalignments.finish()


def _sentences(record: JsonRecord) -> list[Sentence]:
    if record.tokens is None:
        return segment(record.text).sentences
    return split_sentences(record.text, record.tokens) if record.tokens else []


def _annotate(document: Document, record: JsonRecord, misalignments: Misalignments) -> bool:
    """Give the document its entities; returns whether all of them meet token boundaries."""
    spans, lost = _token_spans(record, document.tokens)
    document.sentences = _with_spans(document.sentences, spans)
    for span in lost:
        misalignments.add(span)
    return not lost


def _token_spans(record: JsonRecord, tokens: Sequence[Token]) -> tuple[list[TokenSpan], list[MisalignedSpan]]:
    """The entities as spans of the document's tokens, in order, and those that meet no token boundary."""
    firsts: dict[int, int] = {}
    stops: dict[int, int] = {}
    for index, token in enumerate(tokens):
        firsts.setdefault(token.start, index)
        stops[token.end] = index + 1
    spans, lost = [], []
    entities = sorted(record.entities or ())
    _check_overlap(entities, record.where)
    for start, end, label, confidence in entities:
        if start in firsts and end in stops:
            spans.append(TokenSpan(firsts[start], stops[end], label, confidence))
        else:
            lost.append(MisalignedSpan(record.where, start, end, record.text[start:end], label))
    return spans, lost


def _check_overlap(entities: Sequence[Entity], where: str) -> None:
    for one, other in pairwise(entities):
        if other.start < one.end:
            found = f"the entities {one.start}:{one.end} ({one.label}) and {other.start}:{other.end} ({other.label})"
            raise DataError(f"{found} overlap", where=where, fix="Keep one of them")


def _with_spans(sentences: Sequence[Sentence], spans: Sequence[TokenSpan]) -> list[Sentence]:
    """Give each sentence its spans; sentences that a span reaches into are joined."""
    joined: list[Sentence] = []
    waiting = list(reversed(spans))
    base = stop = 0
    for sentence in sentences:
        if joined and waiting and waiting[-1].first < stop:
            joined[-1].tokens.extend(sentence.tokens)
        else:
            base = stop
            joined.append(Sentence(list(sentence.tokens), {ENTITIES: []}))
        stop += len(sentence.tokens)
        while waiting and waiting[-1].stop <= stop:
            span = waiting.pop()
            moved = TokenSpan(span.first - base, span.stop - base, span.label, span.confidence)
            joined[-1].spans[ENTITIES].append(moved)
    return joined


def _keep(tokens: Sequence[Token], layers: Collection[str]) -> None:
    for token in tokens:
        token.tags = {layer: tag for layer, tag in token.tags.items() if layer in layers}
