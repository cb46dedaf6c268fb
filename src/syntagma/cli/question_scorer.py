"""Answers to multiple-choice questions, as `syntagma score` measures them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from syntagma.cli.scorer import Result
from syntagma.cli.token_progress import token_progress
from syntagma.errors import DataError, SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models.language_model import LanguageModel
    from syntagma.language_models.scoring import Answer, Question


@dataclass(frozen=True)
class QuestionScorer:
    """Accuracy on multiple-choice questions."""

    questions: Sequence[Question]
    where: str
    columns: ClassVar[tuple[str, ...]] = ("accuracy", "by length", "same answers")

    def score(self, model: LanguageModel) -> Result:
        """Accuracy by the choices' probability and by that a character, with binomial standard errors.

        Raises:
            DataError: a question is longer than the model can read.
        """
        questions, answers = self.questions, self._answers(model)
        chosen = [answer.chosen for answer in answers]
        by_length = [answer.chosen_by_length for answer in answers]
        return {
            "questions": len(questions),
            **_accuracy("accuracy", chosen, questions),
            **_accuracy("accuracy_by_length", by_length, questions),
            "chosen": chosen,
            "chosen_by_length": by_length,
        }

    def _answers(self, model: LanguageModel) -> list[Answer]:
        from syntagma.language_models.scoring import answer_each

        answers: list[Answer] = []
        opening = model.tokenizer.special_ids.opening
        with token_progress("scoring", len(self.questions)) as advance:
            try:
                for answer in answer_each(model.decoder, model.tokenizer, self.questions, opening=opening):
                    answers.append(answer)
                    advance(1, 0)
            except SyntagmaError as error:
                where = f"{self.where}, question {len(answers) + 1}"
                raise DataError(error.found, where=where, fix="Shorten it") from error
        return answers

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


def question_scorer(path: Path) -> QuestionScorer:
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
