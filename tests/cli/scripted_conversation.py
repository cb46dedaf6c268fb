"""A conversation whose answers are known beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from syntagma.language_models.chat import Message, ToolCall
from syntagma.language_models.chat.families import PHI_4

WEATHER: dict[str, Any] = {
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


class ScriptedConversation:
    """Gives its answers one after another: words one by one, then calls; an exception among the words is raised."""

    def __init__(self, *answers: Sequence[str | ToolCall | BaseException]) -> None:
        self.answers = list(answers)
        self.model = SimpleNamespace(template=PHI_4)
        self.tools: Sequence[Any] = [WEATHER]
        self.messages: list[Message] = []
        self.last: Any = None

    def say(self, text: str) -> Iterator[str]:
        return self._answer(Message("user", text))

    def give(self, result: str) -> Iterator[str]:
        return self._answer(Message("tool", result))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return self.messages[-1].calls if self.messages else ()

    def _answer(self, message: Message) -> Iterator[str]:
        parts = self.answers.pop(0)
        self.messages.append(message)
        self.last = SimpleNamespace(tokens=[], ending=None)
        calls = []
        try:
            for part in parts:
                if isinstance(part, BaseException):
                    raise part
                self.last.tokens.append(1)
                if isinstance(part, str):
                    yield part
                else:
                    calls.append(part)
            self.last.ending = "stop"
        finally:
            told = "".join(part for part in parts if isinstance(part, str))
            self.messages.append(Message("assistant", told, tuple(calls)))
