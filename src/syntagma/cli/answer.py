"""One answer in a conversation: shown as it comes, and measured."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syntagma.language_models.chat import ToolCall
    from syntagma.language_models.conversation import Conversation


@dataclass(frozen=True)
class Answer:
    """What came of a turn."""

    text: str
    calls: Sequence[ToolCall]
    problems: Sequence[Sequence[str]]
    """What is wrong with each call, by its tool's schema."""
    tokens: int
    seconds: float
    """From the turn to the end of the answer, reading included."""
    ending: str

    @property
    def tokens_per_second(self) -> float:
        """Of the answer, over all of its time."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def record(self) -> dict[str, Any]:
        """As JSON writes it; a turn that a file of conversations can hold."""
        calls = [
            {"name": call.name, "arguments": call.arguments} | ({"problems": wrong} if wrong else {})
            for call, wrong in zip(self.calls, self.problems, strict=True)
        ]
        return {
            "role": "assistant",
            "content": self.text,
            "tool_calls": calls,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 4),
            "tokens_per_second": round(self.tokens_per_second, 2),
            "ending": self.ending,
        }


def answered(
    conversation: Conversation, pieces: Iterator[str], show: Callable[[str], None], *, interruptible: bool = False
) -> Answer:
    """Let the conversation answer, showing each piece as it comes.

    Args:
        interruptible: Ctrl-C ends the answer, not the command; what has come is the answer then.
    """
    before, start = conversation.last, time.perf_counter()
    try:
        with closing(pieces):  # type: ignore[type-var] # a generator, which also keeps the answer when it is closed
            for piece in pieces:
                show(piece)
    except KeyboardInterrupt:
        if not interruptible:
            raise
    seconds = time.perf_counter() - start
    found = conversation.last
    if found is None or found is before:  # interrupted before anything was asked of the model
        return Answer("", (), (), 0, seconds, "cancelled")
    return Answer(
        conversation.messages[-1].text,
        conversation.calls,
        _problems(conversation),
        len(found.tokens),
        seconds,
        found.ending or "cancelled",
    )


def call_text(call: ToolCall) -> str:
    """A call as a programmer writes it: `weather(city="Rome")`."""
    arguments = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.arguments.items())
    return f"{call.name}({', '.join(arguments)})"


def _problems(conversation: Conversation) -> list[list[str]]:
    from syntagma.language_models.chat import check_call, check_tools

    tools = check_tools(conversation.tools)
    return [check_call(call, tools) for call in conversation.calls]
