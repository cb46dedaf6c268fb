"""The fields of a JSON object, each checked for its type; an error says what was found and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syntagma.errors import DataError

_KINDS: Mapping[type, str] = {str: "a string", int: "a whole number", list: "a list"}


def field_of(fields: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    """A field that must be there, of this type.

    Raises:
        DataError: it is missing, or of another type.
    """
    value = fields.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        found = f"{key!r} is {value!r:.60}" if key in fields else f"{key!r} is missing"
        raise DataError(f"{found}, where {_KINDS[kind]} was expected", where=where)
    return value


def objects_of(fields: Mapping[str, Any], key: str, where: str, *, keys: str) -> list[dict[str, Any]] | None:
    """A field's list of objects, None where it is missing or null; `keys` says what each of them has.

    Raises:
        DataError: it is no list, or one of its members is no object.
    """
    if fields.get(key) is None:
        return None
    found: list[dict[str, Any]] = field_of(fields, key, list, where)
    wrong = next((each for each in found if not isinstance(each, dict)), None)
    if wrong is not None:
        raise DataError(f"{wrong!r} among the {key!r}, where each is an object with {keys}", where=where)
    return found


def confidence_of(fields: Mapping[str, Any], key: str, where: str) -> float | None:
    """A field's number, None where it is missing or null.

    Raises:
        DataError: it is no number.
    """
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataError(f"{key!r} is {value!r:.60}, where a number was expected", where=where)
    return float(value)
