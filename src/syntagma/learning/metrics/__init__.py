"""How good predictions are: span scores, accuracy, confusion, calibration."""

from syntagma.learning.metrics.accuracy import TagScorer, TagScores
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.span_scores import SpanScorer, SpanScores

__all__ = ["Score", "SpanScorer", "SpanScores", "TagScorer", "TagScores"]
