"""Values against a JSON schema, as far as tools use it: types, required names, choices, and what is inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

TYPES: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    # To JSON 3.0 is the same number as 3; a truth value is none.
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "null": lambda value: value is None,
}
"""The types of JSON by name, each with its test."""


def problems_of(value: object, schema: Mapping[str, Any], name: str) -> Iterator[str]:
    """What of a value disagrees with a schema, a sentence each; `name` is what the value is called, `city.name`.

    Read are `type`, `enum`, `required`, `properties`, `additionalProperties: false` and `items`.
    """
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[kind](value) for kind in kinds if kind in TYPES):
        yield f"{name or 'the arguments'} should be of the type {' or '.join(kinds)}, and is {value!r}"
        return
    if isinstance(schema.get("enum"), list) and value not in schema["enum"]:
        yield f"{name} should be one of {', '.join(map(repr, schema['enum']))}, and is {value!r}"
    if isinstance(value, Mapping):
        yield from _of_object(value, schema, name)
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for at, item in enumerate(value):
            yield from problems_of(item, schema["items"], f"{name}[{at}]")


def _of_object(value: Mapping[str, Any], schema: Mapping[str, Any], name: str) -> Iterator[str]:
    prefix = f"{name}." if name else ""
    known = schema.get("properties", {})
    for needed in schema.get("required", ()):
        if needed not in value:
            yield f"{prefix}{needed} is missing"
    for key, inner in value.items():
        if isinstance(known.get(key), Mapping):
            yield from problems_of(inner, known[key], f"{prefix}{key}")
        elif schema.get("additionalProperties") is False:
            yield f"{prefix}{key} is not known"
