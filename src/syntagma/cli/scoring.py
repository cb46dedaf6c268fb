"""The two kinds of measurement of `syntagma score`: what is measured, and how it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from syntagma.cli.exits import UsageError
from syntagma.cli.token_progress import token_progress
from syntagma.errors import DataError

if TYPE_CHECKING:
    from syntagma.language_models.language_model import LanguageModel
    from syntagma.language_models.scoring import Question

Result = dict[str, Any]


class Scorer(Protocol):
    """Measures a model, and shows figures in columns; the last one compares with the first of several formats."""

    columns: ClassVar[tuple[str, ...]]

    def score(self, model: LanguageModel) -> Result:
        """The figures."""
        ...

    def cells(self, found: Result, first: Result) -> list[str]:
        """A row of the table, after the weights' name."""
        ...

    def note(self, found: Result) -> str:
        """What was measured on."""
        ...


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
        """
        from syntagma.language_models.scoring import perplexity

        most = model.decoder.config.max_positions
        if self.stride is not None and self.stride >= most:
            raise UsageError(f"--stride {self.stride} for a model that reads {most} tokens: choose less")
        tokens = model.tokens(self.text)
        with token_progress("scoring", len(tokens) - 1) as advance:
            found = perplexity(
                model.decoder,
                tokens,
                self.text,
                window=self.window,
                stride=self.stride,
                seen=lambda count: advance(count, count),
            )
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


@dataclass(frozen=True)
class QuestionScorer:
    """Accuracy on multiple-choice questions."""

    questions: Sequence[Question]
    where: str
    columns: ClassVar[tuple[str, ...]] = ("accuracy", "by length", "same answers")

    def score(self, model: LanguageModel) -> Result:
        """Accuracy by the choices' probability and by that a character, with binomial standard errors."""
        from syntagma.language_models.scoring import answer_each

        questions = self.questions
        with token_progress("scoring", len(questions)) as advance:
            answers = []
            opening = model.tokenizer.special_ids.opening
            for answer in answer_each(model.decoder, model.tokenizer, questions, opening=opening):
                answers.append(answer)
                advance(1, 0)
        chosen = [answer.chosen for answer in answers]
        by_length = [answer.chosen_by_length for answer in answers]
        return {
            "questions": len(questions),
            **_accuracy("accuracy", chosen, questions),
            **_accuracy("accuracy_by_length", by_length, questions),
            "chosen": chosen,
            "chosen_by_length": by_length,
        }

    def cells(self, found: Result, first: Result) -> list[str]:
        """Figures, and in how many questions the answer is that of the first format."""
        same = sum(one == other for one, other in zip(found["chosen"], first["chosen"], strict=True))
        return [
            *(f"{found[name]:.1%} ± {found[f'{name}_error']:.1%}" for name in ("accuracy", "accuracy_by_length")),
            "" if found is first else f"{same:,} of {found['questions']:,}",
        ]

    def note(self, found: Result) -> str:
        """How many questions that were."""
        return f"{found['questions']:,} questions of {self.where}; ± is one standard error"


def text_scorer(path: Path, window: int, stride: int | None) -> TextScorer:
    """For the text of a file. Raises DataError if it is missing or not UTF-8."""
    from syntagma.text.formats.reading import read_blocks

    return TextScorer("".join(read_blocks(path)), str(path), window, stride)


def questions_scorer(path: Path) -> QuestionScorer:
    """For the questions of a file. Raises DataError if it is missing, or a line is no question."""
    from syntagma.language_models.scoring import read_questions

    questions = list(read_questions(path))
    if not questions:
        raise DataError("there is no question in it", where=str(path))
    return QuestionScorer(questions, str(path))


def _accuracy(name: str, chosen: Sequence[int], questions: Sequence[Question]) -> dict[str, float]:
    right = sum(place == question.answer for place, question in zip(chosen, questions, strict=True))
    share = right / len(questions)
    return {name: share, f"{name}_error": math.sqrt(share * (1 - share) / len(questions))}


def _exponential(nats: float) -> float | None:
    """None where no float is large enough: a text without spaces is one word, however long."""
    return math.exp(nats) if nats < 700 else None


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}" if value < 1e6 else f"{value:.3e}"
