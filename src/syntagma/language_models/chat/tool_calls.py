"""Calls of tools in what a model wrote, in the published forms, with the text around them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from syntagma.language_models.chat.call_entries import ToolCall, call_of, read_value

CLOSING = {"functools": "", "<|tool_call|>": "<|/tool_call|>", "<tool_call>": "</tool_call>"}
"""How calls begin in each form, and how they end: Phi-4-mini's two, and that of SmolLM2 and Qwen."""
_OPENING = re.compile("|".join(map(re.escape, CLOSING)))
_PLAIN = "functools"
_LITERALS = ("true", "false", "null")
_HALF_AN_ESCAPE = re.compile(r"\\?u[0-9A-Fa-f]{0,4}")
_HALF_A_NUMBER = re.compile(r"-|\.|[eE][+-]?")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, with its calls understood."""

    parts: tuple[str | ToolCall, ...]
    """Text and calls, in order. What looked like a call and was none is text, as it was written."""
    problems: tuple[str, ...] = ()
    """A sentence for each such stretch: what is wrong with it, and at which character."""

    @property
    def text(self) -> str:
        """All that is no call, in order."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class _Unfinished(ValueError):
    """More text could still make a call of it."""


def parse_reply(text: str) -> Reply:
    """Calls in a finished text: `functools[...]`, `<|tool_call|>[...]<|/tool_call|>`, `<tool_call>{...}</tool_call>`.

    A list holds any number of calls, and is taken whole or not at all. A closing mark that a stop cut off is no loss.
    """
    parts: list[str | ToolCall] = []
    problems: list[str] = []
    shown = at = 0
    while opening := _OPENING.search(text, at):
        try:
            calls, at = _block(text, opening, final=True)
        except ValueError as error:
            at = opening.end()
            # The word in a sentence is no attempt.
            if opening[0] != _PLAIN or text[at : at + 1] == "[":
                problems.append(f"the call at character {opening.start()} cannot be read: {error}")
        else:
            parts += [text[shown : opening.start()], *calls]
            shown = at
    return Reply(tuple(part for part in (*parts, text[shown:]) if part != ""), tuple(problems))


def sure_length(text: str) -> int:
    """How many characters of a text that is still growing are no call and can be shown, whatever follows.

    What follows them may be a call, or the beginning of one; complete calls are counted in, for what they are is sure
    too. At the end of a stream `parse_reply` says what the rest is.
    """
    at = 0
    while opening := _OPENING.search(text, at):
        try:
            _, at = _block(text, opening, final=False)
        except _Unfinished:
            return opening.start()
        except ValueError:
            at = opening.end()
    return _before_half_a_mark(text, at)


def sure_text(text: str) -> str:
    """What of a text that is still growing can be shown: without calls, and always the beginning of the final text.

    Show what has been added to it each time, and at the end the rest of `parse_reply(text).text`.
    """
    return parse_reply(text[: sure_length(text)]).text


def may_become_call(text: str) -> bool:
    """Whether the end of a text that is still growing may turn out to be (a part of) a call."""
    return sure_length(text) < len(text)


def _block(text: str, opening: re.Match[str], *, final: bool) -> tuple[list[ToolCall], int]:
    """The calls behind an opening mark, and where they end. Raises ValueError, _Unfinished if more text could help."""
    start = opening.end()
    if opening[0] == _PLAIN and not text.startswith("[", start):
        raise _Unfinished("it has not begun") if start == len(text) else ValueError("no list follows")
    try:
        value, end = read_value(text, start)
    except json.JSONDecodeError as error:
        raise _Unfinished(str(error)) if _may_go_on(text, error) else error from None
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise ValueError("it calls nothing")
    calls = [call_of(entry) for entry in entries]
    for call in calls:
        if isinstance(call, str):
            raise ValueError(call)
    return [call for call in calls if isinstance(call, ToolCall)], _behind(text, end, CLOSING[opening[0]], final=final)


def _behind(text: str, end: int, closing: str, *, final: bool) -> int:
    """Where a block ends whose value ends at `end`. Raises as `_block`."""
    if not closing:
        return end
    mark = end + len(text[end:]) - len(text[end:].lstrip())
    if text.startswith(closing, mark):
        return mark + len(closing)
    if closing.startswith(text[mark:]):
        if final:
            return len(text)
        raise _Unfinished("it is not closed")
    raise ValueError(f"{closing} does not follow")


def _may_go_on(text: str, error: json.JSONDecodeError) -> bool:
    """Whether JSON that ends too early could be completed: the error is at the end, or in what has only begun there."""
    rest = text[error.pos :]
    return (
        not rest.strip()
        or error.msg.startswith("Unterminated string")
        or _HALF_AN_ESCAPE.fullmatch(rest) is not None
        or any(literal.startswith(rest) for literal in _LITERALS)
        or _HALF_A_NUMBER.fullmatch(rest) is not None
    )


def _before_half_a_mark(text: str, at: int) -> int:
    """Where the longest beginning of an opening mark starts that the text ends with; its length if there is none."""
    longest = max(map(len, CLOSING))
    for start in range(max(at, len(text) - longest + 1), len(text)):
        if any(mark.startswith(text[start:]) for mark in CLOSING):
            return start
    return len(text)
