"""A language model that can be talked to: a decoder with its tokenizer and its manner of conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from syntagma.errors import SyntagmaError
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.chat.message import Message
from syntagma.language_models.chat.recognition import template_of
from syntagma.language_models.chat.template import ChatTemplate
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.generation import Continuation, Engine, Narrator, Request, Sampling
from syntagma.language_models.scoring import log_probabilities
from syntagma.language_models.tokenization import TextStream, Tokenizer

Prompt = str | Sequence[Message] | Sequence[int]
"""Text to go on from, a conversation to answer, or ids."""


@dataclass(frozen=True)
class Generating:
    """How to go on from prompts."""

    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    """Texts that end a continuation."""
    samples: int = 1
    """Continuations of each prompt."""


@dataclass(frozen=True)
class ScoredText:
    """How probable a text is under a model."""

    text: str
    tokens: tuple[int, ...]
    """Those that were predicted: all but the first, or all after the token that opens every text."""
    log_probabilities: tuple[float, ...]
    """Natural logarithm of each token's probability after those before it."""

    @property
    def log_probability(self) -> float:
        """Of the whole text."""
        return sum(self.log_probabilities)


class LanguageModel:
    """What `language_model` gives.

    Args:
        template: how conversations are written for this model; None if that is not known.
        origin: where the model came from, in words.
        choice: in what precision it is held and why, in words.
    """

    def __init__(
        self, decoder: Decoder, tokenizer: Tokenizer, template: ChatTemplate | None, *, origin: str, choice: str
    ) -> None:
        self.decoder, self.tokenizer, self._template = decoder, tokenizer, template
        self.origin, self.choice = origin, choice

    @property
    def template(self) -> ChatTemplate:
        """How conversations are written.

        Raises:
            ModelError: that is not known.
        """
        if self._template is None:
            self._template = template_of(self.tokenizer)
        return self._template

    @property
    def stop_tokens(self) -> frozenset[int]:
        """Ids that end a text or a turn."""
        of_turns = self._template.stop_ids(self.tokenizer) if self._template is not None else frozenset()
        end = self.tokenizer.special_ids.end
        return of_turns.union(self.decoder.config.end_tokens, () if end is None else (end,))

    def tokens(self, prompt: Prompt, tools: object = ()) -> list[int]:
        """Ids of a prompt, with what opens a text, or the answer in a conversation.

        Raises:
            SyntagmaError: a conversation that the model's template cannot write.
        """
        if isinstance(prompt, str):
            return [*self.tokenizer.special_ids.opening, *self.tokenizer.encode(prompt)]
        messages = [one for one in prompt if isinstance(one, Message)]
        if messages:
            return self.template.render(messages, self.tokenizer, tools=tools)
        return [one for one in prompt if isinstance(one, int)]

    def generate(
        self, prompts: Iterable[Prompt], how: Generating | None = None, *, rows: int = 16, tools: object = ()
    ) -> list[Continuation]:
        """Continuations of all prompts, in their order, the samples of each one after another."""
        return list(self.generate_each(prompts, how, rows=rows, tools=tools))

    def generate_each(
        self, prompts: Iterable[Prompt], how: Generating | None = None, *, rows: int = 16, tools: object = ()
    ) -> Iterator[Continuation]:
        """The same one by one, each as soon as it and all before it have ended. Prompts are taken as there is room."""
        how = how or Generating()
        narrator = Narrator(Engine(self.decoder, rows=rows), how.stop)
        source = iter(prompts)
        waiting: deque[Continuation] = deque()
        more = True
        while True:
            while more and len(waiting) < 2 * rows * how.samples:
                prompt = next(source, None)
                more = prompt is not None
                if prompt is not None:
                    waiting += self._submit(narrator, prompt, how, tools)
            if not waiting:
                return
            while waiting and waiting[0].ending is not None:
                yield waiting.popleft()
            if waiting:
                narrator.step()

    def stream(
        self, prompt: Prompt, how: Generating | None = None, *, tools: object = ()
    ) -> Iterator[tuple[Continuation, str]]:
        """The continuation of one prompt with what has just been added to its text: never half a character."""
        how = how or Generating()
        narrator = Narrator(Engine(self.decoder), how.stop)
        self._submit(narrator, prompt, how, tools)
        yield from narrator.run()

    def _submit(self, narrator: Narrator, prompt: Prompt, how: Generating, tools: object) -> list[Continuation]:
        tokens = self.tokens(prompt, tools)
        in_conversation = not isinstance(prompt, str)
        request = Request(
            tuple(tokens), how.sampling, how.max_tokens, samples=how.samples, stop_tokens=self.stop_tokens
        )
        streams: list[TextStream] = [
            self.tokenizer.stream(() if in_conversation else tokens) for _ in range(how.samples)
        ]
        return narrator.submit(request, streams)

    @torch.inference_mode()
    def logits(self, tokens: Tensor) -> Tensor:
        """Scores of the next token after each of `tokens` `[batch, length]`: `[batch, length, vocabulary]`, float32.

        Raises:
            SyntagmaError: more tokens than the model can read, or ids that it does not have.
        """
        batch, length = tokens.shape
        config = self.decoder.config
        if length > config.max_positions:
            raise SyntagmaError(f"{length:,} tokens for a model that reads {config.max_positions:,}")
        if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < config.vocab_size:
            raise SyntagmaError("a token id outside the vocabulary", fix=f"Ids are 0 to {config.vocab_size - 1}")
        pieces = [Piece(length, long=config.turns_long(length)) for _ in range(batch)]
        read = Batch(config, pieces, self.decoder.device)
        states = self.decoder(self.decoder.embed(tokens.flatten().to(self.decoder.device)), read)
        return self.decoder.logits(states).view(batch, length, -1)

    def score(self, texts: Sequence[str]) -> list[ScoredText]:
        """How probable each text is, token by token."""
        ids = [self.tokens(text) for text in texts]
        found = log_probabilities(self.decoder, ids)
        return [
            ScoredText(text, tuple(tokens[1:]), tuple(scores.tolist()))
            for text, tokens, scores in zip(texts, ids, found, strict=True)
        ]
