"""Rejection by confidence and calibration of spans, worked out by hand."""

from __future__ import annotations

import pytest

from syntagma.errors import DataError
from syntagma.learning.metrics import Score, SpanConfidences
from syntagma.text.document import TokenSpan


def _example() -> SpanConfidences:
    confidences = SpanConfidences()
    confidences.add(
        [TokenSpan(0, 1, "PER"), TokenSpan(2, 3, "LOC"), TokenSpan(4, 5, "LOC")],
        [TokenSpan(0, 1, "PER", 0.9), TokenSpan(2, 3, "ORG", 0.6), TokenSpan(4, 5, "LOC", 0.5)],
    )
    return confidences


def test_thresholds_trade_coverage_for_precision() -> None:
    every, half, high, none = _example().at_thresholds([0.0, 0.6, 0.7, 0.95])
    assert (every.coverage, every.score) == (1.0, Score(2 / 3, 2 / 3, 2 / 3, support=3, predicted=3, correct=2))
    assert half.coverage == pytest.approx(2 / 3)  # a confidence that equals the threshold is kept
    assert (high.score.precision, high.score.recall) == (1.0, 1 / 3)
    assert (none.coverage, none.score.precision) == (0.0, 0.0)


def test_calibration_counts_a_wrong_label_as_wrong() -> None:
    calibration = _example().calibration(bins=10)
    assert calibration.ece == pytest.approx((0.1 + 0.6 + 0.5) / 3)
    assert _example().adaptive_calibration(bins=1).ece == pytest.approx(0.0)


def test_no_predictions_at_all() -> None:
    confidences = SpanConfidences()
    confidences.add([TokenSpan(0, 1, "PER")], [])
    assert confidences.calibration().count == 0
    assert confidences.at_thresholds([0.5])[0].coverage == 0.0


def test_a_span_without_confidence_is_named() -> None:
    with pytest.raises(DataError, match=r"predicted PER span \(3, 5\) has no confidence"):
        SpanConfidences().add([], [TokenSpan(3, 5, "PER")])
