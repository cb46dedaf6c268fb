"""JSON Lines, written: one object a document with its text, tokens and entities by character offsets, and arcs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from json.encoder import encode_basestring
from typing import IO

from syntagma.text.document import DEPENDENCIES, ENHANCED, ENTITIES, ROOT, Arc, Document, Sentence, Span
from syntagma.text.formats.jsonl_arcs import CONFIDENCE, GRAPH, GRAPH_CONFIDENCE, HEAD, RELATION

UNSAFE = re.compile("[\ud800-\udfff\x85\u2028\u2029]")


def write_jsonl(documents: Iterable[Document], stream: IO[str]) -> None:
    """Write each document as one line.

    `text`; `tokens`, each with `start`, `end`, its tags (`upos`), its arcs (`head`, `deprel`, `head_confidence` and
    `deps`: see `read_jsonl`) and, where it is not the characters between the two, its `text`; `sentences`, each the
    place of its first token and the one after its last (`[first, stop]`); `entities`, each with `start`, `end`,
    `text`, `label` and, if known, `confidence`; then `source` and `offset`, where they are set. Confidences are
    rounded to four places. `entities` is missing if no sentence was looked at for them. Everything but lone surrogates
    and the rarer line ends is written as it is, not as escapes.
    """
    for document in documents:
        stream.write(jsonl_line(document))


def jsonl_line(document: Document) -> str:
    """One document as one line with its `\\n`; the keys are those of `write_jsonl`."""
    parts = [f'"text": {_quoted(document.text)}', f'"tokens": [{", ".join(_tokens(document))}]']
    if document.sentences:
        parts.append(f'"sentences": [{", ".join(_sentences(document))}]')
    if not document.sentences or any(ENTITIES in sentence.spans for sentence in document.sentences):
        parts.append(f'"entities": [{", ".join(map(_entity, document.entities))}]')
    if document.source is not None:
        parts.append(f'"source": {_quoted(document.source)}')
    if document.offset:
        parts.append(f'"offset": {document.offset}')
    return "{" + ", ".join(parts) + "}\n"


def _tokens(document: Document) -> Iterator[str]:
    text = document.text
    written: dict[tuple[tuple[str, str], ...], str] = {}
    first = 0
    for sentence in document.sentences:
        for token, arcs in zip(sentence.tokens, _arcs(sentence, first), strict=True):
            key = tuple(token.tags.items())
            tags = written.get(key)
            if tags is None:
                tags = written[key] = "".join(f", {_quoted(layer)}: {_quoted(tag)}" for layer, tag in key)
            start, end = token.start, token.end
            own = "" if text[start:end] == token.text else f', "text": {_quoted(token.text)}'
            yield f'{{"start": {start}, "end": {end}{tags}{arcs}{own}}}'
        first += len(sentence.tokens)


def _arcs(sentence: Sentence, first: int) -> list[str]:
    """What each token of a sentence says of its arcs; `first` is the place of the sentence's first token."""
    fields = [""] * len(sentence.tokens)
    for index, arc in enumerate(sentence.trees.get(DEPENDENCIES, ())):
        fields[index] = f", {_arc(arc, first, CONFIDENCE)}"
    for index, arcs in enumerate(sentence.graphs.get(ENHANCED, ())):
        objects = ", ".join(f"{{{_arc(arc, first, GRAPH_CONFIDENCE)}}}" for arc in arcs)
        fields[index] += f', "{GRAPH}": [{objects}]'
    return fields


def _arc(arc: Arc, first: int, key: str) -> str:
    head = "null" if arc.head == ROOT else first + arc.head - 1
    confidence = "" if arc.confidence is None else f', "{key}": {round(arc.confidence, 4)}'
    return f'"{HEAD}": {head}, "{RELATION}": {_quoted(arc.relation)}{confidence}'


def _sentences(document: Document) -> Iterator[str]:
    stops = [0, *accumulate(len(sentence.tokens) for sentence in document.sentences)]
    return (f"[{first}, {stop}]" for first, stop in pairwise(stops) if first < stop)


def _entity(span: Span) -> str:
    confidence = "" if span.confidence is None else f', "confidence": {round(span.confidence, 4)}'
    text, label = _quoted(span.text), _quoted(span.label)
    return f'{{"start": {span.start}, "end": {span.end}, "text": {text}, "label": {label}{confidence}}}'


def _quoted(text: str) -> str:
    quoted = encode_basestring(text)
    if quoted.isascii():
        return quoted
    return UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
