"""The confidences of predicted spans and whether each was right: what calibration and rejection are measured on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syntagma.errors import DataError
from syntagma.learning.metrics.calibration import (
    Calibration,
    adaptive_calibration_error,
    expected_calibration_error,
)
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.span_scores import place_of
from syntagma.text.document import Span, TokenSpan

THRESHOLDS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class ThresholdScore:
    """What is left, and how good it is, when spans below a confidence are rejected."""

    threshold: float
    coverage: float
    """The share of the predicted spans that is kept."""
    score: Score


class SpanConfidences:
    """Collects every predicted span's confidence and whether the gold annotation holds that very span."""

    def __init__(self) -> None:
        self._confidences: list[float] = []
        self._correct: list[bool] = []
        self._support = 0

    def add(self, gold: Iterable[TokenSpan | Span], predicted: Iterable[TokenSpan | Span]) -> None:
        """Take one sentence's (or one document's) spans.

        Raises:
            DataError: a predicted span has no confidence.
        """
        places = {place_of(span) for span in gold}
        self._support += len(places)
        for span in predicted:
            if span.confidence is None:
                raise DataError(
                    f"the predicted {span.label} span {place_of(span)[:2]} has no confidence",
                    fix="Calibration needs a model's own predictions",
                )
            self._confidences.append(span.confidence)
            self._correct.append(place_of(span) in places)

    def calibration(self, bins: int = 15) -> Calibration:
        """Expected calibration error over bins of equal width."""
        return expected_calibration_error(self._confidences, self._correct, bins)

    def adaptive_calibration(self, bins: int = 15) -> Calibration:
        """Calibration error over bins of equal counts."""
        return adaptive_calibration_error(self._confidences, self._correct, bins)

    def at_thresholds(self, thresholds: Sequence[float] = THRESHOLDS) -> list[ThresholdScore]:
        """Coverage, precision, recall and F1 when only confidences of at least each threshold are kept."""
        return [self._at(threshold) for threshold in thresholds]

    def _at(self, threshold: float) -> ThresholdScore:
        kept = [right for right, value in zip(self._correct, self._confidences, strict=True) if value >= threshold]
        score = Score.of(correct=sum(kept), predicted=len(kept), support=self._support)
        return ThresholdScore(threshold, len(kept) / max(len(self._correct), 1), score)
