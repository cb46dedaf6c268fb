"""Perplexity of a text, as `syntagma score` measures it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from syntagma.cli.exits import UsageError
from syntagma.cli.scorer import Result
from syntagma.cli.token_progress import token_progress
from syntagma.errors import DataError, SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models.language_model import LanguageModel


@dataclass(frozen=True)
class TextScorer:
    """Perplexity of a text."""

    text: str
    where: str
    window: int
    stride: int | None
    columns: ClassVar[tuple[str, ...]] = ("perplexity", "by words", "bits/character", "change")

    def score(self, model: LanguageModel) -> Result:
        """Tokens, words, characters, and what they cost.

        Raises:
            UsageError: windows of the model's length would leave gaps.
            DataError: the text is too short.
        """
        from syntagma.language_models.scoring import perplexity

        most = model.decoder.config.max_positions
        if self.stride is not None and self.stride >= most:
            raise UsageError(f"--stride {self.stride} for a model that reads {most} tokens: choose less")
        tokens = model.tokens(self.text)
        with token_progress("scoring", len(tokens) - 1) as advance:
            try:
                found = perplexity(
                    model.decoder,
                    tokens,
                    self.text,
                    window=self.window,
                    stride=self.stride,
                    seen=lambda count: advance(count, count),
                )
            except SyntagmaError as error:
                raise DataError(error.found, where=self.where, fix=error.fix) from error
        return {
            "tokens": found.tokens,
            "words": found.words,
            "characters": found.characters,
            "log_probability": found.log_probability,
            "perplexity": _exponential(-found.log_probability / found.tokens),
            "word_perplexity": _exponential(-found.log_probability / found.words),
            "bits_per_character": found.bits_per_character,
        }

    def cells(self, found: Result, first: Result) -> list[str]:
        """Figures, and how much larger the perplexity is than the first format's."""
        change = math.expm1((first["log_probability"] - found["log_probability"]) / found["tokens"])
        return [
            _figure(found["perplexity"]),
            _figure(found["word_perplexity"]),
            f"{found['bits_per_character']:.4f}",
            "" if found is first else f"{change:+.2%}",
        ]

    def note(self, found: Result) -> str:
        """How much text that was."""
        return (
            f"{found['tokens']:,} tokens, {found['words']:,} words, {found['characters']:,} characters of {self.where}"
        )


def text_scorer(path: Path, window: int, stride: int | None) -> TextScorer:
    """For the text of a file. Raises DataError if it is missing or not UTF-8."""
    from syntagma.text.formats.reading import read_blocks

    return TextScorer("".join(read_blocks(path)), str(path), window, stride)


def _exponential(nats: float) -> float | None:
    """None where no float is large enough: a text without spaces is one word, however long."""
    return math.exp(nats) if nats < 700 else None


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}" if value < 1e6 else f"{value:.3e}"
