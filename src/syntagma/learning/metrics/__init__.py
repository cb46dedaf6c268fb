"""How good predictions are: spans, tags, trees and graphs; confusion; calibration."""

from syntagma.learning.metrics.accuracy import TagScorer, TagScores
from syntagma.learning.metrics.arc_evaluation import GraphEvaluation, GraphEvaluator, TreeEvaluation, TreeEvaluator
from syntagma.learning.metrics.attachment import TreeScorer, TreeScores
from syntagma.learning.metrics.calibration import (
    Bin,
    Calibration,
    adaptive_calibration_error,
    expected_calibration_error,
)
from syntagma.learning.metrics.confidences import SpanConfidences, ThresholdScore
from syntagma.learning.metrics.confusion import NO_SPAN, ArcConfusion, Confusion, ConfusionMatrix, SpanConfusion
from syntagma.learning.metrics.evaluation import SpanEvaluation, SpanEvaluator, TagEvaluation, TagEvaluator
from syntagma.learning.metrics.graph_scores import GraphScorer, GraphScores
from syntagma.learning.metrics.layer_evaluation import LayerEvaluation
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.span_scores import SpanScorer, SpanScores
from syntagma.learning.metrics.strict_spans import strict_spans

__all__ = [
    "NO_SPAN",
    "ArcConfusion",
    "Bin",
    "Calibration",
    "Confusion",
    "ConfusionMatrix",
    "GraphEvaluation",
    "GraphEvaluator",
    "GraphScorer",
    "GraphScores",
    "LayerEvaluation",
    "Score",
    "SpanConfidences",
    "SpanConfusion",
    "SpanEvaluation",
    "SpanEvaluator",
    "SpanScorer",
    "SpanScores",
    "TagEvaluation",
    "TagEvaluator",
    "TagScorer",
    "TagScores",
    "ThresholdScore",
    "TreeEvaluation",
    "TreeEvaluator",
    "TreeScorer",
    "TreeScores",
    "adaptive_calibration_error",
    "expected_calibration_error",
    "strict_spans",
]
