"""How many of each label there are in the gold annotation, in the predicted one, and in both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from syntagma.learning.metrics.score import Score


class Tally:
    """Counts labels, and makes their scores."""

    def __init__(self) -> None:
        self._support: Counter[str] = Counter()
        self._predicted: Counter[str] = Counter()
        self._correct: Counter[str] = Counter()

    def add(self, gold: Iterable[str], predicted: Iterable[str], correct: Iterable[str]) -> None:
        """Count the labels of what the gold annotation has, of what the predicted one has, and of what both have."""
        self._support.update(gold)
        self._predicted.update(predicted)
        self._correct.update(correct)

    def total(self) -> Score:
        """The score of all labels together; all 0 where nothing was counted."""
        return Score.of(correct=self._correct.total(), predicted=self._predicted.total(), support=self._support.total())

    def per_label(self) -> dict[str, Score]:
        """The score of each label that was seen, sorted by name."""
        return {name: self.score(name) for name in sorted(self._support.keys() | self._predicted.keys())}

    def score(self, label: str) -> Score:
        """The score of one label; all 0 if it was never seen."""
        return Score.of(correct=self._correct[label], predicted=self._predicted[label], support=self._support[label])
