"""Accuracy of labels given one per token, with each label's precision, recall and F1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syntagma.errors import LabelError
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.tally import Tally


@dataclass(frozen=True, slots=True)
class TagScores:
    """The scores of one tag layer; accuracy in 0..1, and 0 where nothing was counted."""

    accuracy: float
    correct: int
    total: int
    macro: Score
    """Mean over the labels that occur in the gold or the predicted tags."""
    per_label: dict[str, Score]


class TagScorer:
    """Counts tokens whose predicted label is the gold one."""

    def __init__(self) -> None:
        self._tally = Tally()

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        """Count one sentence, one label a token.

        Raises:
            LabelError: the two sequences differ in length.
        """
        require_same_length(gold, predicted)
        correct = [right for right, guess in zip(gold, predicted, strict=True) if right == guess]
        self._tally.add(gold, predicted, correct)

    def result(self) -> TagScores:
        """The scores of everything added so far."""
        total, per_label = self._tally.total(), self._tally.per_label()
        macro = Score.macro(per_label.values())
        return TagScores(total.recall, total.correct, total.support, macro, per_label)


def require_same_length(gold: Sequence[object], predicted: Sequence[object], what: str = "labels") -> None:
    """Raise a LabelError unless both annotations have as many labels, or what else there is one of for each token."""
    if len(gold) != len(predicted):
        raise LabelError(
            f"the gold annotation has {len(gold)} {what} and the predicted one {len(predicted)}",
            fix="Both must be of the same tokens of one sentence",
        )
