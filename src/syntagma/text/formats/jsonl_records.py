"""The objects of a JSON Lines file, each checked field by field before anything is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn

from syntagma.errors import DataError
from syntagma.text.document import Token
from syntagma.text.formats.jsonl_arcs import ARC_FIELDS, TokenArcs, read_token_arcs
from syntagma.text.formats.jsonl_fields import confidence_of, field_of, objects_of
from syntagma.text.formats.reading import Source, read_lines, source_name

_OFFSETS = "'start' and 'end'"
_SENTENCES_FIX = "Give [[0, 7], [7, 12]] for a sentence of the tokens 0 to 6 and one of 7 to 11"
_NO_LAYERS = ARC_FIELDS | {"start", "end", "text"}


class Entity(NamedTuple):
    """An entity of a record, `text[start:end]`."""

    start: int
    end: int
    label: str
    confidence: float | None


class JsonRecord(NamedTuple):
    """A line's object; `tokens`, `sentences` and `entities` are None where it has none of that name."""

    where: str
    text: str
    tokens: list[Token] | None
    arcs: list[TokenArcs]
    sentences: list[tuple[int, int]] | None
    entities: list[Entity] | None
    source: str | None
    offset: int


def read_records(source: Source) -> Iterator[JsonRecord]:
    """Read the record of every line that is not blank.

    Raises:
        DataError: a line that is no JSON object, or a field that is missing, of the wrong type, or out of range.
    """
    name = source_name(source)
    for number, line in enumerate(read_lines(source), start=1):
        if line.strip():
            yield _record(line, f"{name}:{number}")


def _record(line: str, where: str) -> JsonRecord:
    fields = _parse(line, where)
    if not isinstance(fields, dict):
        raise DataError(f"a {type(fields).__name__} where a line holds one JSON object", where=where)
    text = field_of(fields, "text", str, where)
    source = field_of(fields, "source", str, where) if fields.get("source") is not None else None
    offset = field_of(fields, "offset", int, where) if fields.get("offset") is not None else 0
    objects = objects_of(fields, "tokens", where, keys=_OFFSETS)
    tokens = [_token(each, text, where) for each in objects or ()]
    _check_order(tokens, where)
    found = objects_of(fields, "entities", where, keys=_OFFSETS)
    return JsonRecord(
        where,
        text,
        None if objects is None else tokens,
        read_token_arcs(objects or (), where),
        _sentences(fields, len(tokens), where),
        None if found is None else [_entity(each, text, where) for each in found],
        source,
        offset,
    )


def _parse(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        fix = "Write one JSON object a line"
        raise DataError(f"no JSON: {error.msg} at character {error.colno}", where=where, fix=fix) from None
    except (RecursionError, ValueError) as error:
        raise DataError(f"no JSON that can be read: {error}", where=where) from None


def _token(fields: Mapping[str, Any], text: str, where: str) -> Token:
    start, end = _offsets(fields, text, where)
    word = field_of(fields, "text", str, where) if "text" in fields else text[start:end]
    if not word:
        raise DataError(f"the token at {start}:{end} has an empty text", where=where)
    layers = (layer for layer in fields if layer not in _NO_LAYERS)
    return Token(word, start, end, {layer: field_of(fields, layer, str, where) for layer in layers})


def _entity(fields: Mapping[str, Any], text: str, where: str) -> Entity:
    start, end = _offsets(fields, text, where)
    if fields.get("text", text[start:end]) != text[start:end]:
        _wrong_text(fields["text"], start, end, text, where)
    label = field_of(fields, "label", str, where)
    if not label:
        raise DataError(f"the entity at {start}:{end} has an empty label", where=where)
    return Entity(start, end, label, confidence_of(fields, "confidence", where))


def _sentences(fields: Mapping[str, Any], tokens: int, where: str) -> list[tuple[int, int]] | None:
    """Each sentence's first token and its stop; they follow one another and leave out no token."""
    if fields.get("sentences") is None:
        return None
    given: list[Any] = field_of(fields, "sentences", list, where)
    stop = 0
    for pair in given:
        if not isinstance(pair, list) or len(pair) != 2 or not all(type(each) is int for each in pair):
            found = f"{pair!r:.60} among the 'sentences', where each is a pair of whole numbers"
            raise DataError(found, where=where, fix=_SENTENCES_FIX)
        if pair[0] != stop or pair[1] <= stop:
            found = f"the sentence {pair[0]}:{pair[1]} is empty or does not begin at the token {stop}"
            raise DataError(found, where=where, fix=_SENTENCES_FIX)
        stop = pair[1]
    if stop != tokens:
        raise DataError(f"the sentences have {stop} of {tokens} tokens", where=where, fix=_SENTENCES_FIX)
    return [(first, stop) for first, stop in given]


def _offsets(fields: Mapping[str, Any], text: str, where: str) -> tuple[int, int]:
    start: int = field_of(fields, "start", int, where)
    end: int = field_of(fields, "end", int, where)
    if not 0 <= start < end <= len(text):
        raise DataError(f"{start}:{end} is empty or outside the text, which has {len(text)} characters", where=where)
    return start, end


def _wrong_text(claimed: object, start: int, end: int, text: str, where: str) -> NoReturn:
    raise DataError(
        f"the entity at {start}:{end} is said to be {claimed!r:.60}, but the text has {text[start:end]!r:.60} there",
        where=where,
        fix="Offsets count characters (code points), not bytes or UTF-16 units",
    )


def _check_order(tokens: list[Token], where: str) -> None:
    """Tokens come in order and do not overlap, but the words of a multi-word token may share all its characters."""
    for token, following in pairwise(tokens):
        shared = (token.start, token.end) == (following.start, following.end)
        if following.start < token.end and not shared:
            found = f"the tokens at {token.start}:{token.end} and {following.start}:{following.end} overlap"
            raise DataError(f"{found} or are out of order", where=where, fix="Give the tokens in order")
