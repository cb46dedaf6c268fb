"""What was measured of a layer, whatever its kind."""

from __future__ import annotations

from syntagma.learning.metrics.arc_evaluation import GraphEvaluation, TreeEvaluation
from syntagma.learning.metrics.evaluation import SpanEvaluation, TagEvaluation

LayerEvaluation = TagEvaluation | SpanEvaluation | TreeEvaluation | GraphEvaluation
"""Told apart by `kind`: tags, spans, tree, graph."""
