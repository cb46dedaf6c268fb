"""Tools as JSON schemas, and calls against them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syntagma.errors import SyntagmaError
from syntagma.language_models.chat import ToolCall, check_call, check_tools
from syntagma.language_models.chat.tools import tools_text

TRIP: dict[str, Any] = {
    "name": "trip",
    "description": "A way from one place to another",
    "parameters": {
        "type": "object",
        "properties": {
            "stops": {"type": "array", "items": {"type": "string"}},
            "days": {"type": "integer"},
            "budget": {"type": ["number", "null"]},
            "by": {"enum": ["train", "bus"]},
            "hotel": {"type": "object", "properties": {"stars": {"type": "integer"}}, "required": ["stars"]},
            "direct": {"type": "boolean"},
        },
        "required": ["stops", "days"],
        "additionalProperties": False,
    },
}


def test_tools_are_taken_as_they_are_or_out_of_their_wrapping() -> None:
    assert check_tools([TRIP]) == [TRIP]
    assert check_tools([{"type": "function", "function": TRIP}, {"name": "now"}]) == [TRIP, {"name": "now"}]
    assert json.loads(tools_text([TRIP])) == [TRIP]


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({"stops": ["Ulm"], "days": 3}, []),
        ({"stops": [], "days": 3.0, "budget": None, "by": "bus", "hotel": {"stars": 3}, "direct": False}, []),
        ({"days": 3}, ["trip: stops is missing"]),
        ({"stops": "Ulm", "days": 3}, ["trip: stops should be of the type array, and is 'Ulm'"]),
        ({"stops": ["Ulm", 7], "days": 3}, ["trip: stops[1] should be of the type string, and is 7"]),
        ({"stops": [], "days": True}, ["trip: days should be of the type integer, and is True"]),
        ({"stops": [], "days": 2.5}, ["trip: days should be of the type integer, and is 2.5"]),
        ({"stops": [], "days": 1, "budget": "x"}, ["trip: budget should be of the type number or null, and is 'x'"]),
        ({"stops": [], "days": 1, "by": "car"}, ["trip: by should be one of 'train', 'bus', and is 'car'"]),
        ({"stops": [], "days": 1, "hotel": {}}, ["trip: hotel.stars is missing"]),
        (
            {"stops": [], "days": 1, "hotel": {"stars": "3"}},
            ["trip: hotel.stars should be of the type integer, and is '3'"],
        ),
        ({"stops": [], "days": 1, "direct": 1}, ["trip: direct should be of the type boolean, and is 1"]),
        ({"stops": [], "days": 1, "car": 1}, ["trip: car is not known"]),
        ({}, ["trip: stops is missing", "trip: days is missing"]),
    ],
)
def test_calls_are_checked(arguments: dict[str, Any], problems: list[str]) -> None:
    assert check_call(ToolCall("trip", arguments), [TRIP]) == problems


def test_unknown_tools() -> None:
    assert check_call(ToolCall("fly", {}), [TRIP]) == ["there is no tool 'fly', only 'trip'"]
    assert check_call(ToolCall("fly", {}), []) == ["there is no tool 'fly', only none"]
    assert check_call(ToolCall("now", {"any": 1}), [{"name": "now"}]) == []


def changed(**parameters: Any) -> list[dict[str, Any]]:
    return [{**TRIP, "parameters": {**TRIP["parameters"], **parameters}}]


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ({"name": "trip"}, "tools are a list of JSON schemas. Write a tool as"),
        ("trip", "tools are a list of JSON schemas"),
        (["trip"], "tool 1: the tool has no name"),
        ([TRIP, {"name": " "}], "tool 2: the tool has no name"),
        ([TRIP, TRIP], "tool 2: the name 'trip' is taken"),
        ([{"name": "trip", "parameters": []}], r"tool 1 \(trip\): its parameters are no schema of an object"),
        (changed(type="array"), "its parameters are no schema of an object"),
        (changed(properties=[]), "its properties are no table of schemas"),
        (changed(properties={"a": "string"}), "its properties are no table of schemas"),
        (changed(required="a"), "'required' is no list of names"),
        (
            changed(properties={"a": {"type": "text"}}),
            "the type 'text' of 'a' is none of JSON's: string, number, integer",
        ),
        ([{"name": "trip", "description": {1, 2}}], r"tool 1 \(trip\): is no JSON"),
    ],
)
def test_what_is_no_tool_is_named(tools: object, message: str) -> None:
    with pytest.raises(SyntagmaError, match=message):
        check_tools(tools)
