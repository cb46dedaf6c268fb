"""One call of a tool, and the JSON that writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool by its name, and what it is to be called with."""

    name: str
    arguments: Mapping[str, Any]


def call_of(entry: object) -> ToolCall | str:
    """The call that an entry of JSON describes, or what is wrong with it.

    `{"name": ..., "arguments": {...}}`; models write "parameters" for "arguments" too, and some write them as a string
    of JSON; without any, the call has no arguments. `{"function": {...}}` around it is taken off.
    """
    if isinstance(entry, Mapping) and isinstance(entry.get("function"), Mapping):
        entry = entry["function"]
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"]:
        return f"{_short(entry)} names no tool"
    arguments = entry.get("arguments", entry.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = parsed(arguments)
        except ValueError as error:
            return f"the arguments of {entry['name']} are no JSON: {error}"
    if not isinstance(arguments, Mapping):
        return f"the arguments of {entry['name']} are {_short(arguments)}, not an object"
    return ToolCall(entry["name"], arguments)


def written(calls: Sequence[ToolCall]) -> str:
    """Calls as a list of JSON, as the models write them."""
    return json.dumps([{"name": call.name, "arguments": call.arguments} for call in calls], ensure_ascii=False)


def parsed(text: str) -> object:
    """A value of JSON. Raises ValueError, also for NaN and Infinity, and for what is nested too deeply."""
    value, end = read_value(text, 0)
    if text[end:].strip():
        raise ValueError(f"something follows the value at character {end}")
    return value


def read_value(text: str, start: int) -> tuple[object, int]:
    """The value of JSON that begins at a character (white space before it is passed over), and where it ends.

    Line feeds inside strings are let through, for models write them. Raises ValueError (json.JSONDecodeError).
    """
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_number)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."
