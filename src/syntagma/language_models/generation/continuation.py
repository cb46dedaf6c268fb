"""What a sequence has become so far, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from syntagma.language_models.cache import SequenceCache
from syntagma.language_models.generation.engine import Engine
from syntagma.language_models.generation.request import Ending, Request, Step
from syntagma.language_models.generation.stop_strings import StopStrings


class TextStream(Protocol):
    """Turns ids into text that is final."""

    def feed(self, token: int) -> str:
        """What one more id makes certain."""
        ...

    def finish(self) -> str:
        """What is left when no id follows."""
        ...


@dataclass
class Continuation:
    """One continuation of a prompt. While it goes on, more is added to it."""

    prompt: int
    """Number of the prompt, from 0."""
    sample: int = 0
    text: str = ""
    """Without what ended it, be it a token or a string."""
    tokens: list[int] = field(default_factory=list)
    """All that were drawn, a stop token too."""
    log_probabilities: list[float] = field(default_factory=list)
    """Natural logarithm of each token's probability under the model, before temperature, penalties and cuts."""
    ending: Ending | None = None
    """Why it ended; None while it goes on, or if it was called off."""


class Narrator:
    """Tells the steps of an engine as text: whole characters, up to stop strings."""

    def __init__(self, engine: Engine, stops: Sequence[str] = ()) -> None:
        self.engine = engine
        self._stops = tuple(stops)
        StopStrings(self._stops)  # says now what is wrong with them
        self._open: dict[tuple[int, int], tuple[Continuation, TextStream, StopStrings]] = {}

    def submit(
        self, request: Request, streams: Sequence[TextStream], cache: SequenceCache | None = None
    ) -> list[Continuation]:
        """Hand a request to the engine, with a stream for each of its samples; their continuations, empty yet."""
        number = self.engine.submit(request, cache)
        fresh = [Continuation(number, sample) for sample in range(request.samples)]
        for continuation, stream in zip(fresh, streams, strict=True):
            self._open[number, continuation.sample] = continuation, stream, StopStrings(self._stops)
        return fresh

    def run(self) -> Iterator[tuple[Continuation, str]]:
        """Every continuation with what has just been added to its text, until all requests have ended."""
        while self.engine.busy:
            yield from self.step()

    def step(self) -> list[tuple[Continuation, str]]:
        """One step of the engine."""
        return [self._tell(step) for step in self.engine.step() if (step.request, step.sample) in self._open]

    def _tell(self, step: Step) -> tuple[Continuation, str]:
        continuation, stream, stops = self._open[step.request, step.sample]
        continuation.tokens.append(step.token)
        continuation.log_probabilities.append(step.log_probability)
        new = stops.add("" if step.ending == "stop" else stream.feed(step.token))
        if step.ending is not None:
            new += stops.add(stream.finish())
            new += stops.end()
            continuation.ending = step.ending
        if stops.found is not None:
            continuation.ending = "stop"
            self.engine.cancel(step.request, step.sample)
        if continuation.ending is not None:
            del self._open[step.request, step.sample]
        continuation.text += new
        return continuation, new
