"""The objects of a JSON Lines file, each checked field by field before anything is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, NoReturn

from syntagma.errors import DataError
from syntagma.text.document import Token
from syntagma.text.formats.reading import Source, read_lines, source_name


class Entity(NamedTuple):
    """An entity of a record, `text[start:end]`."""

    start: int
    end: int
    label: str
    confidence: float | None


class JsonRecord(NamedTuple):
    """A line's object; `tokens` and `entities` are None where it has none of that name."""

    where: str
    text: str
    tokens: list[Token] | None
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
    text = _field(fields, "text", str, where)
    source = _field(fields, "source", str, where) if fields.get("source") is not None else None
    offset = _field(fields, "offset", int, where) if fields.get("offset") is not None else 0
    tokens = [_token(each, text, where) for each in _objects(fields, "tokens", where) or ()]
    entities = [_entity(each, text, where) for each in _objects(fields, "entities", where) or ()]
    _check_order(tokens, where)
    return JsonRecord(
        where,
        text,
        tokens if fields.get("tokens") is not None else None,
        entities if fields.get("entities") is not None else None,
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


def _objects(fields: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]] | None:
    if fields.get(key) is None:
        return None
    found: list[dict[str, Any]] = _field(fields, key, list, where)
    wrong = next((each for each in found if not isinstance(each, dict)), None)
    if wrong is not None:
        raise DataError(f"{wrong!r} among the {key!r}, where each is an object with 'start' and 'end'", where=where)
    return found


def _field(fields: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = fields.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = f"{key!r} is {value!r:.60}" if key in fields else f"{key!r} is missing"
        raise DataError(f"{found}, where {_KINDS[kind]} was expected", where=where)
    return value


_KINDS: Mapping[type, str] = {str: "a string", int: "a whole number", list: "a list"}


def _token(fields: Mapping[str, Any], text: str, where: str) -> Token:
    start, end = _offsets(fields, text, where)
    word = _field(fields, "text", str, where) if "text" in fields else text[start:end]
    if not word:
        raise DataError(f"the token at {start}:{end} has an empty text", where=where)
    layers = (layer for layer in fields if layer not in ("start", "end", "text"))
    return Token(word, start, end, {layer: _field(fields, layer, str, where) for layer in layers})


def _entity(fields: Mapping[str, Any], text: str, where: str) -> Entity:
    start, end = _offsets(fields, text, where)
    if fields.get("text", text[start:end]) != text[start:end]:
        _wrong_text(fields["text"], start, end, text, where)
    confidence = fields.get("confidence")
    if confidence is not None and (isinstance(confidence, bool) or not isinstance(confidence, (int, float))):
        raise DataError(f"'confidence' is {confidence!r:.60}, where a number was expected", where=where)
    label = _field(fields, "label", str, where)
    if not label:
        raise DataError(f"the entity at {start}:{end} has an empty label", where=where)
    return Entity(start, end, label, confidence if confidence is None else float(confidence))


def _offsets(fields: Mapping[str, Any], text: str, where: str) -> tuple[int, int]:
    start: int = _field(fields, "start", int, where)
    end: int = _field(fields, "end", int, where)
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
