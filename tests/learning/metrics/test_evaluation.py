"""One layer's measures taken together."""

from __future__ import annotations

from syntagma.learning.metrics import SpanEvaluator, TagEvaluator
from syntagma.text.document import TokenSpan


def test_tags() -> None:
    evaluator = TagEvaluator("upos", ["VERB", "NOUN"])
    evaluator.add(["NOUN", "VERB"], ["NOUN", "NOUN"])
    evaluation = evaluator.result()
    assert (evaluation.kind, evaluation.layer, evaluation.scores.accuracy) == ("tags", "upos", 0.5)
    assert evaluation.confusion.labels == ["VERB", "NOUN"]
    assert evaluation.calibration is None


def test_tags_with_confidences_are_calibrated() -> None:
    evaluator = TagEvaluator("upos")
    evaluator.add(["NOUN", "VERB"], ["NOUN", "NOUN"], [0.9, 0.9])
    evaluation = evaluator.result()
    assert evaluation.calibration is not None
    assert abs(evaluation.calibration.ece - 0.4) < 1e-12


def test_spans_with_confidences_are_calibrated() -> None:
    evaluator = SpanEvaluator("ner", ["PER"])
    evaluator.add([TokenSpan(0, 1, "PER")], [TokenSpan(0, 1, "PER", 0.75)])
    evaluation = evaluator.result()
    assert evaluation.scores.micro.f1 == 1.0
    assert evaluation.calibration is not None
    assert evaluation.adaptive_calibration is not None
    assert evaluation.calibration.ece == evaluation.adaptive_calibration.ece == 0.25
    assert evaluation.thresholds is not None
    assert evaluation.thresholds[-1].coverage == 0.0


def test_one_span_without_confidence_leaves_calibration_out() -> None:
    evaluator = SpanEvaluator("ner")
    evaluator.add([], [TokenSpan(0, 1, "PER", 0.75)])
    evaluator.add([], [TokenSpan(0, 1, "PER")])
    evaluation = evaluator.result()
    assert (evaluation.calibration, evaluation.adaptive_calibration, evaluation.thresholds) == (None, None, None)
    assert evaluation.scores.micro.predicted == 2
