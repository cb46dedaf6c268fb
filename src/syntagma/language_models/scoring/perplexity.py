"""Perplexity of a text under a language model, in windows that overlap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from syntagma.errors import DataError
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.scoring.likelihood import log_probabilities


@dataclass(frozen=True)
class Perplexity:
    """How well a text was predicted."""

    tokens: int
    """That were predicted; the first of the text is not, unless the model opens texts with a token of its own."""
    characters: int
    words: int
    log_probability: float
    """Natural logarithm, of the whole text."""

    @property
    def of_tokens(self) -> float:
        """Perplexity a token: comparable only between models with the same tokenizer."""
        return _exponential(-self.log_probability / self.tokens)

    @property
    def of_words(self) -> float:
        """Perplexity a word, words being what white space parts: comparable between all models."""
        return _exponential(-self.log_probability / self.words)

    @property
    def bits_per_character(self) -> float:
        """Binary digits a character (code point) would cost."""
        return -self.log_probability / math.log(2) / self.characters


def _exponential(number: float) -> float:
    """Infinity where a float holds no more: a thousand characters without white space are one word."""
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf


def perplexity(
    decoder: Decoder,
    tokens: Sequence[int],
    text: str,
    *,
    window: int = 1024,
    stride: int | None = None,
    seen: Callable[[int], None] = lambda tokens: None,
) -> Perplexity:
    """How well a text is predicted whose ids are `tokens`.

    Args:
        window: most tokens read together.
        stride: how far each window lies behind the one before; by default half of it. Every token is predicted once,
            in the first window that holds it, so after at least `window - stride` others once the text is longer.
        seen: told after each window how many tokens more have been predicted.

    Raises:
        DataError: the text is too short to predict anything of.
    """
    if len(tokens) < 2 or not text.strip():
        raise DataError(f"a text of {len(tokens)} tokens", fix="Give one of two or more")
    window = min(window, decoder.config.max_positions)
    total, predicted = 0.0, 0
    for start, end, new in windows(len(tokens), window, stride or max(1, window // 2)):
        (scores,) = log_probabilities(decoder, [tokens[start:end]])
        total += float(scores[-new:].double().sum())
        predicted += new
        seen(new)
    return Perplexity(predicted, len(text), len(text.split()), total)


def windows(length: int, window: int, stride: int) -> Iterator[tuple[int, int, int]]:
    """Start and end of each window, and how many tokens at its end are new in it and can be predicted."""
    reached = 1
    start = 0
    while reached < length:
        end = min(length, start + window)
        yield start, end, end - reached
        reached, start = end, start + stride
