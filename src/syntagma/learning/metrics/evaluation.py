"""Everything that is measured of one layer at once: scores, confusion and, where there are confidences, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from syntagma.learning.metrics.accuracy import TagScorer, TagScores
from syntagma.learning.metrics.calibration import Calibration, expected_calibration_error
from syntagma.learning.metrics.confidences import SpanConfidences, ThresholdScore
from syntagma.learning.metrics.confusion import Confusion, ConfusionMatrix, SpanConfusion
from syntagma.learning.metrics.span_scores import SpanScorer, SpanScores
from syntagma.text.document import Span, TokenSpan


@dataclass(frozen=True, slots=True)
class TagEvaluation:
    """What was measured of a tag layer; no calibration if any tag has no confidence."""

    layer: str
    scores: TagScores
    confusion: Confusion
    calibration: Calibration | None = None
    kind: Literal["tags"] = "tags"


@dataclass(frozen=True, slots=True)
class SpanEvaluation:
    """What was measured of a span layer; no calibration if any span has no confidence."""

    layer: str
    scores: SpanScores
    confusion: Confusion
    calibration: Calibration | None = None
    adaptive_calibration: Calibration | None = None
    thresholds: list[ThresholdScore] | None = None
    kind: Literal["spans"] = "spans"


class TagEvaluator:
    """Measures a tag layer sentence by sentence; `labels` orders the confusion matrix."""

    def __init__(self, layer: str, labels: Sequence[str] = ()) -> None:
        self._layer = layer
        self._scorer = TagScorer()
        self._confusion = ConfusionMatrix(labels)
        self._confidences: list[float] = []
        self._correct: list[bool] = []

    def add(self, gold: Sequence[str], predicted: Sequence[str], confidences: Sequence[float] = ()) -> None:
        """Count one sentence, one label a token and, where known, one confidence.

        Raises:
            LabelError: the two sequences differ in length.
        """
        self._scorer.add(gold, predicted)
        self._confusion.add(gold, predicted)
        self._confidences += confidences
        self._correct += [right == guess for right, guess in zip(gold, predicted, strict=True)]

    def result(self) -> TagEvaluation:
        """Everything measured so far."""
        known = len(self._confidences) == len(self._correct)
        calibration = expected_calibration_error(self._confidences, self._correct) if known else None
        return TagEvaluation(self._layer, self._scorer.result(), self._confusion.result(), calibration)


class SpanEvaluator:
    """Measures a span layer, sentence by sentence (or document by document); `types` orders the confusion matrix."""

    def __init__(self, layer: str, types: Sequence[str] = ()) -> None:
        self._layer = layer
        self._scorer = SpanScorer()
        self._confusion = SpanConfusion(types)
        self._confidences: SpanConfidences | None = SpanConfidences()

    def add(self, gold: Sequence[TokenSpan | Span], predicted: Sequence[TokenSpan | Span]) -> None:
        """Count one sentence's spans by tokens, or one document's by characters."""
        self._scorer.add(gold, predicted)
        self._confusion.add(gold, predicted)
        if any(span.confidence is None for span in predicted):
            self._confidences = None
        if self._confidences is not None:
            self._confidences.add(gold, predicted)

    def result(self) -> SpanEvaluation:
        """Everything measured so far."""
        scores, confusion, known = self._scorer.result(), self._confusion.result(), self._confidences
        if known is None:
            return SpanEvaluation(self._layer, scores, confusion)
        return SpanEvaluation(
            self._layer, scores, confusion, known.calibration(), known.adaptive_calibration(), known.at_thresholds()
        )
