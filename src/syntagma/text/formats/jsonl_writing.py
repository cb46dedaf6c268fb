"""JSON Lines, written: one object a document with its text, and tokens and entities by character offsets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from typing import IO

from syntagma.text.document import ENTITIES, Document, Span

UNSAFE = re.compile("[\ud800-\udfff\x85\u2028\u2029]")


def write_jsonl(documents: Iterable[Document], stream: IO[str]) -> None:
    """Write each document as one line.

    `text`; `tokens`, each with `start`, `end`, its tags (`upos`) and, where it is not the characters between the
    two, its `text`; `entities`, each with `start`, `end`, `text`, `label` and, if known, `confidence` rounded to four
    places; then `source` and `offset`, where they are set. `entities` is missing if no sentence was looked at for
    them. Everything but lone surrogates and the rarer line ends is written as it is, not as escapes.
    """
    for document in documents:
        stream.write(jsonl_line(document))


def jsonl_line(document: Document) -> str:
    """One document as one line with its `\\n`; the keys are those of `write_jsonl`."""
    parts = [f'"text": {_quoted(document.text)}', f'"tokens": [{", ".join(_tokens(document))}]']
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
    for sentence in document.sentences:
        for token in sentence.tokens:
            key = tuple(token.tags.items())
            tags = written.get(key)
            if tags is None:
                tags = written[key] = "".join(f", {_quoted(layer)}: {_quoted(tag)}" for layer, tag in key)
            start, end = token.start, token.end
            own = "" if text[start:end] == token.text else f', "text": {_quoted(token.text)}'
            yield f'{{"start": {start}, "end": {end}{tags}{own}}}'


def _entity(span: Span) -> str:
    confidence = "" if span.confidence is None else f', "confidence": {round(span.confidence, 4)}'
    text, label = _quoted(span.text), _quoted(span.label)
    return f'{{"start": {span.start}, "end": {span.end}, "text": {text}, "label": {label}{confidence}}}'


def _quoted(text: str) -> str:
    quoted = encode_basestring(text)
    if quoted.isascii():
        return quoted
    return UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
