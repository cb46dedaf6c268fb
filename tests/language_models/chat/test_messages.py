"""Conversations as JSON writes them."""

from __future__ import annotations

import pytest

from syntagma.errors import SyntagmaError
from syntagma.language_models.chat import Message, ToolCall, read_messages


def test_turns_are_read() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "text": "20"},
        Message("user", "So?"),
    ]
    assert read_messages(turns) == [
        Message("user", "Hi"),
        Message("assistant", "", (ToolCall("weather", {"city": "Ulm"}),)),
        Message("tool", "20"),
        Message("user", "So?"),
    ]


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ("Hi", "file:3: a conversation is a list of turns"),
        ([{"content": "Hi"}], "file:3, turn 1: {'content': 'Hi'} has no role"),
        (["Hi"], "turn 1: 'Hi' has no role"),
        ([Message("user", "Hi"), {"role": "user"}], "turn 2: the turn of the user has no text"),
        ([{"role": "user", "content": [{"type": "image"}]}], "turn 1: the turn of the user has no text"),
        ([{"role": "assistant", "content": "", "tool_calls": "x"}], "turn 1: 'tool_calls' is no list"),
        ([{"role": "assistant", "tool_calls": [{"name": 3}]}], 'turn 1: {"name": 3} names no tool'),
    ],
)
def test_what_is_no_conversation_is_named(turns: object, message: str) -> None:
    with pytest.raises(SyntagmaError) as raised:
        read_messages(turns, "file:3")
    assert message in str(raised.value)
