"""Accuracy of labels given one per token, with each label's precision, recall and F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from syntagma.errors import LabelError
from syntagma.learning.metrics.score import Score


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
        self._support: Counter[str] = Counter()
        self._predicted: Counter[str] = Counter()
        self._correct: Counter[str] = Counter()

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        """Count one sentence, one label a token.

        Raises:
            LabelError: the two sequences differ in length.
        """
        require_same_length(gold, predicted)
        self._support.update(gold)
        self._predicted.update(predicted)
        self._correct.update(right for right, guess in zip(gold, predicted, strict=True) if right == guess)

    def result(self) -> TagScores:
        """The scores of everything added so far."""
        labels = sorted(self._support.keys() | self._predicted.keys())
        per_label = {
            label: Score.of(
                correct=self._correct[label], predicted=self._predicted[label], support=self._support[label]
            )
            for label in labels
        }
        total, correct = self._support.total(), self._correct.total()
        accuracy = correct / total if total else 0.0
        return TagScores(accuracy, correct, total, Score.macro(per_label.values()), per_label)


def require_same_length(gold: Sequence[str], predicted: Sequence[str]) -> None:
    """Raise a LabelError unless both annotations have a label for each token."""
    if len(gold) != len(predicted):
        raise LabelError(
            f"the gold annotation has {len(gold)} labels and the predicted one {len(predicted)}",
            fix="Both must label the same tokens of one sentence",
        )
