"""What is said in a conversation, and by whom; and the calls of tools that a model makes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syntagma.errors import SyntagmaError
from syntagma.language_models.chat.call_entries import ToolCall, call_of

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
_TEXT_NAMES = ("text", "content")
_FIX = 'Write each turn as {"role": "user", "content": "..."}'


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. The answer of a tool has the role `tool`, and is what the tool gave, usually as JSON."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    """The calls an assistant made; they are written behind its text."""


def read_messages(turns: object, where: str = "the conversation") -> list[Message]:
    """Turns as JSON writes them: `role`, `content` (or `text`) and, of an assistant, `tool_calls`.

    Raises:
        SyntagmaError: something else; the message says which turn.
    """
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        raise SyntagmaError("a conversation is a list of turns", where=where, fix=_FIX)
    return [_message(turn, f"{where}, turn {number}") for number, turn in enumerate(turns, start=1)]


def _message(turn: object, where: str) -> Message:
    if isinstance(turn, Message):
        return turn
    if not isinstance(turn, Mapping) or not isinstance(turn.get("role"), str):
        raise SyntagmaError(f"{turn!r} has no role", where=where, fix=_FIX)
    calls = _calls(turn.get("tool_calls") or (), where)
    text = next((turn[name] for name in _TEXT_NAMES if name in turn), None)
    if text is None and calls:
        text = ""
    if not isinstance(text, str):
        raise SyntagmaError(f"the turn of the {turn['role']} has no text", where=where, fix=_FIX)
    return Message(turn["role"], text, calls)


def _calls(entries: Any, where: str) -> tuple[ToolCall, ...]:
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise SyntagmaError("'tool_calls' is no list", where=where)
    found = [call_of(entry) for entry in entries]
    for call in found:
        if isinstance(call, str):
            raise SyntagmaError(call, where=where, fix='Write a call as {"name": ..., "arguments": {...}}')
    return tuple(call for call in found if isinstance(call, ToolCall))
