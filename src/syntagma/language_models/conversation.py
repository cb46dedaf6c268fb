"""A conversation with a language model: turns, tools, and the memory that answers share."""

from __future__ import annotations

from collections.abc import Iterator

from syntagma.language_models.cache import SequenceCache, common_beginning
from syntagma.language_models.chat.call_entries import ToolCall
from syntagma.language_models.chat.message import ASSISTANT, SYSTEM, TOOL, USER, Message
from syntagma.language_models.chat.tool_calls import Reply, parse_reply, sure_text
from syntagma.language_models.generation import Continuation, Engine, Narrator, Request
from syntagma.language_models.language_model import Generating, LanguageModel


class Conversation:
    """Turns so far. What the model has read of them it need not read again.

    Args:
        system: what the system says first; None leaves that to the template.
        tools: JSON schemas of what the model may call.
    """

    def __init__(
        self, model: LanguageModel, system: str | None = None, *, tools: object = (), how: Generating | None = None
    ) -> None:
        self.model, self.tools, self.how = model, tools, how or Generating()
        self.messages = [] if system is None else [Message(SYSTEM, system)]
        self.last: Continuation | None = None
        """The last answer as it was generated."""
        self._cache: SequenceCache | None = None
        self._read: list[int] = []

    def say(self, text: str) -> Iterator[str]:
        """Say something; the answer's text as it comes. Calls of tools are not in it, but in `calls` at the end.

        Breaking off keeps what has come as the answer.
        """
        return self._answered(Message(USER, text))

    def give(self, result: str) -> Iterator[str]:
        """Give what a tool has returned, usually JSON; the answer's text as it comes."""
        return self._answered(Message(TOOL, result))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that the last answer calls."""
        return self.messages[-1].calls if self.messages else ()

    def _answered(self, message: Message) -> Iterator[str]:
        tokens = self.model.tokens([*self.messages, message], self.tools)
        narrator = Narrator(Engine(self.model.decoder), self.how.stop)
        request = Request(tuple(tokens), self.how.sampling, self.how.max_tokens, stop_tokens=self.model.stop_tokens)
        cache = self._memory(narrator.engine, tokens)
        (answer,) = narrator.submit(request, [self.model.tokenizer.stream()], cache)
        self.messages.append(message)
        self.last = answer
        shown = 0
        try:
            for _ in narrator.run():
                text = sure_text(answer.text) if self.tools else answer.text
                if len(text) > shown:
                    yield text[shown:]
                    shown = len(text)
            if rest := self._reply(answer.text).text[shown:]:
                yield rest
        finally:
            self._keep(answer, [*tokens, *answer.tokens], cache)

    def _reply(self, text: str) -> Reply:
        """Text and calls of an answer."""
        return parse_reply(text) if self.tools else Reply((text,))

    def _keep(self, answer: Continuation, tokens: list[int], cache: SequenceCache) -> None:
        """The answer becomes a turn, and what was read of it can be gone on from."""
        reply = self._reply(answer.text)
        self.messages.append(Message(ASSISTANT, reply.text, reply.calls))
        self._cache, self._read = cache, tokens[: cache.length]

    def _memory(self, engine: Engine, tokens: list[int]) -> SequenceCache:
        """A cache that holds as much of the beginning of these tokens as has been read before."""
        if self._cache is not None:
            kept = min(common_beginning(self._read, tokens), len(tokens) - 1)
            if self._cache.holds(kept):
                self._cache.truncate(kept)
                return self._cache
        return engine.new_cache(len(tokens))
