"""A sequence that is being generated: its tokens, what of them has been read, its draws."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import torch
from torch import Tensor

from syntagma.language_models.batch import Piece
from syntagma.language_models.cache import SequenceCache
from syntagma.language_models.generation.request import Ending, Request
from syntagma.language_models.generation.sampling import draw, penalized


@dataclass
class LiveSequence:
    """One continuation of a request."""

    number: int
    """Of the request."""
    sample: int
    request: Request
    cache: SequenceCache
    generated: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prompt_counts = Counter(self.request.tokens)
        self._counts: Counter[int] = Counter()
        self._generator = torch.Generator(device=self.cache.keys.device)
        seed = self.request.sampling.seed
        if seed is None:
            self._generator.seed()
        else:
            self._generator.manual_seed((seed + self.sample) % 2**63)

    @property
    def length(self) -> int:
        """Tokens, the prompt's too."""
        return len(self.request.tokens) + len(self.generated)

    @property
    def unread(self) -> int:
        """Tokens that the decoder has not seen yet."""
        return self.length - self.cache.length

    def next_piece(self, most: int) -> Piece:
        """The next unread tokens, at most so many.

        A sequence that has outgrown LongRoPE's first length is forgotten and read again under the long factors: every
        layer above the first has seen the short ones, so turning the cached keys would not do.
        """
        long = self.cache.config.turns_long(self.length)
        if long != self.cache.long:
            self.cache.clear(long=long)
        return Piece(min(self.unread, most), self.cache, route=self.request.route)

    def tokens_from(self, start: int, count: int) -> list[int]:
        """Ids of the tokens at these positions."""
        prompt = len(self.request.tokens)
        if start >= prompt:
            return self.generated[start - prompt : start - prompt + count]
        return [*self.request.tokens[start : start + count], *self.generated][:count]

    def draw(self, logits: Tensor) -> tuple[int, float]:
        """Choose the next token by its logits `[vocabulary]`; its id and natural log-probability."""
        sampling = self.request.sampling
        token = draw(penalized(logits, sampling, self._prompt_counts, self._counts), sampling, self._generator)
        self.generated.append(token)
        self._counts[token] += 1
        return token, float(logits[token] - logits.logsumexp(-1))

    def ending(self) -> Ending | None:
        """Whether, and why, the last token was the last."""
        if self.generated[-1] in self.request.stop_tokens:
            return "stop"
        if len(self.generated) >= self.request.max_tokens:
            return "length"
        return "window" if self.length >= self.cache.config.max_positions else None
