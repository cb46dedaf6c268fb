"""One precision, recall and F1, with the counts behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 in 0..1 with their counts; a ratio over nothing is 0, as in conlleval and seqeval."""

    precision: float
    recall: float
    f1: float
    support: int
    """How many there are in the gold annotation."""
    predicted: int
    correct: int

    @classmethod
    def of(cls, *, correct: int, predicted: int, support: int) -> Score:
        """The score of these counts."""
        f1 = _ratio(2 * correct, predicted + support)
        return cls(_ratio(correct, predicted), _ratio(correct, support), f1, support, predicted, correct)

    @classmethod
    def macro(cls, scores: Iterable[Score]) -> Score:
        """The unweighted means of precision, recall and F1 (not the F1 of the means); counts are summed."""
        scores = list(scores)
        number = max(len(scores), 1)
        return cls(
            precision=sum(score.precision for score in scores) / number,
            recall=sum(score.recall for score in scores) / number,
            f1=sum(score.f1 for score in scores) / number,
            support=sum(score.support for score in scores),
            predicted=sum(score.predicted for score in scores),
            correct=sum(score.correct for score in scores),
        )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
