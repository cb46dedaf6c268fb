"""JSON Lines, read: one object a document with its text, tokens and entities by character offsets, and arcs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from syntagma.errors import DataError
from syntagma.text.document import ENTITIES, Document, Sentence, Token, TokenSpan
from syntagma.text.formats.jsonl_arcs import place_arcs, stretches
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
    (`start`, `end`, tags such as `upos`, and `text` for a word that is not its characters), `sentences` (`[first,
    stop]` of the tokens of each), `source` and `offset`. Offsets count characters (code points), not bytes. Text
    without `tokens` is segmented by `segment`; given tokens without `sentences` are grouped by `split_sentences`, but
    an arc is never divided. Nor is an entity: the sentences that they reach into become one.

    A token's arc in the tree `dependencies` is `head` (the head's place in `tokens`, from 0; null for the root),
    `deprel` and, if known, `head_confidence`; its arcs in the graph `enhanced` are the list `deps` of objects with
    `head`, `deprel` and `confidence`. A sentence has the tree if all its tokens have an arc, the graph if one has
    `deps`.

    Args:
        layers: the layers to read, such as `ner` (the entities), `upos` and `dependencies`. None: all there are.
        on_misaligned: what to do with an entity that does not begin and end with a token. "error" leaves its document
            out, reads on, and raises one error for all of them at the end; "skip" drops it and logs a warning at the
            end; a function is called with it, and it is dropped.

    Raises:
        DataError: no readable text, a line that is no such object, offsets outside the text, tokens or entities that
            overlap, a head that is not in the sentence or is the token itself; names file and line.
    """
    name = source_name(source)
    misalignments = Misalignments(name, on_misaligned)
    for record in read_records(source):
        document = Document(record.text, _sentences(record, layers), record.source or name, record.offset)
        aligned = True
        if record.entities is not None and (layers is None or ENTITIES in layers):
            aligned = _annotate(document, record, misalignments)
        place_arcs(document.sentences, record.arcs, layers, record.where)
        for sentence in document.sentences:
            sentence.where = record.where
        if layers is not None:
            _keep(document.tokens, layers)
        if aligned or on_misaligned != "error":
            yield document
    misalignments.finish()


def _sentences(record: JsonRecord, layers: Collection[str] | None) -> list[Sentence]:
    if record.tokens is None:
        return segment(record.text).sentences
    if record.sentences is not None:
        return [Sentence(record.tokens[first:stop]) for first, stop in record.sentences]
    sentences = split_sentences(record.text, record.tokens) if record.tokens else []
    return _joined(sentences, stretches(record.arcs, layers))


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


def _joined(sentences: Sequence[Sentence], reaches: Iterable[tuple[int, int]]) -> list[Sentence]:
    """The sentences, those joined that a stretch of the document's tokens, `first` to `stop`, reaches into."""
    furthest: dict[int, int] = {}
    for first, stop in reaches:
        furthest[first] = max(stop, furthest.get(first, 0))
    joined: list[Sentence] = []
    base = reach = 0
    for sentence in sentences:
        if base < reach:
            joined[-1].tokens.extend(sentence.tokens)
        else:
            joined.append(Sentence(list(sentence.tokens)))
        stop = base + len(sentence.tokens)
        reach = max(reach, *(furthest.get(first, 0) for first in range(base, stop)))
        base = stop
    return joined


def _with_spans(sentences: Sequence[Sentence], spans: Sequence[TokenSpan]) -> list[Sentence]:
    """Give each sentence its spans; sentences that a span reaches into are joined."""
    joined = _joined(sentences, ((span.first, span.stop) for span in spans))
    waiting = list(reversed(spans))
    base = 0
    for sentence in joined:
        there = sentence.spans[ENTITIES] = []
        stop = base + len(sentence.tokens)
        while waiting and waiting[-1].stop <= stop:
            span = waiting.pop()
            there.append(TokenSpan(span.first - base, span.stop - base, span.label, span.confidence))
        base = stop
    return joined


def _keep(tokens: Sequence[Token], layers: Collection[str]) -> None:
    for token in tokens:
        token.tags = {layer: tag for layer, tag in token.tags.items() if layer in layers}
