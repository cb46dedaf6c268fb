"""The tools a model may call, as JSON schemas: checked, written for the model, and calls checked against them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from syntagma.errors import SyntagmaError
from syntagma.language_models.chat.call_entries import ToolCall
from syntagma.language_models.chat.schema import TYPES, problems_of

Tool = Mapping[str, Any]
"""`{"name": ..., "description": ..., "parameters": {a JSON schema of type "object"}}`."""
_FIX = 'Write a tool as {"name": "...", "description": "...", "parameters": {"type": "object", "properties": {...}}}'


def check_tools(tools: object) -> list[Tool]:
    """Tools in their plain form; `{"type": "function", "function": {...}}` around one is taken off.

    Raises:
        SyntagmaError: a tool without a name, a name twice, parameters that are no schema of an object.
    """
    if not isinstance(tools, Sequence) or isinstance(tools, str):
        raise SyntagmaError("tools are a list of JSON schemas", fix=_FIX)
    checked: dict[str, Tool] = {}
    for number, entry in enumerate(tools, start=1):
        tool = _checked(entry, f"tool {number}")
        if tool["name"] in checked:
            raise SyntagmaError(f"the name {tool['name']!r} is taken", where=f"tool {number}", fix="Give it another")
        checked[tool["name"]] = tool
    return list(checked.values())


def tools_text(tools: Sequence[Tool]) -> str:
    """Checked tools as the list of JSON that a model reads."""
    return json.dumps(list(tools), ensure_ascii=False)


def check_call(call: ToolCall, tools: Sequence[Tool]) -> list[str]:
    """What is wrong with a call: nothing, or a sentence each for an unknown tool, a missing or a wrong argument."""
    tool = next((tool for tool in tools if tool["name"] == call.name), None)
    if tool is None:
        return [f"there is no tool {call.name!r}, only {', '.join(repr(tool['name']) for tool in tools) or 'none'}"]
    return [f"{call.name}: {problem}" for problem in problems_of(call.arguments, tool.get("parameters", {}), "")]


def _checked(entry: object, where: str) -> Tool:
    if isinstance(entry, Mapping) and isinstance(entry.get("function"), Mapping):
        entry = entry["function"]
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or not entry["name"].strip():
        raise SyntagmaError("the tool has no name", where=where, fix=_FIX)
    where = f"{where} ({entry['name']})"
    try:
        json.dumps(entry, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SyntagmaError(f"is no JSON: {error}", where=where, fix=_FIX) from error
    _check_parameters(entry.get("parameters", {"type": "object"}), where)
    return entry


def _check_parameters(schema: object, where: str) -> None:
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise SyntagmaError("its parameters are no schema of an object", where=where, fix=_FIX)
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, Mapping) or not all(isinstance(value, Mapping) for value in properties.values()):
        raise SyntagmaError("its properties are no table of schemas", where=where, fix=_FIX)
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise SyntagmaError("'required' is no list of names", where=where, fix=_FIX)
    for name, value in properties.items():
        kinds = value.get("type", [])
        unknown = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind not in TYPES]
        if unknown:
            raise SyntagmaError(
                f"the type {unknown[0]!r} of {name!r} is none of JSON's: {', '.join(TYPES)}", where=where, fix=_FIX
            )
