"""Everything that is measured of a layer of trees or graphs at once: scores, confusion, calibration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from syntagma.learning.metrics.arcs import universal
from syntagma.learning.metrics.attachment import TreeScorer, TreeScores
from syntagma.learning.metrics.calibration import Calibration, expected_calibration_error
from syntagma.learning.metrics.confusion import ArcConfusion, Confusion, ConfusionMatrix
from syntagma.learning.metrics.graph_scores import GraphScorer, GraphScores
from syntagma.text.document import Arc


@dataclass(frozen=True, slots=True)
class TreeEvaluation:
    """What was measured of a layer of trees; no calibration if any predicted arc has no confidence."""

    layer: str
    scores: TreeScores
    confusion: Confusion
    """Universal relations of words, whatever their heads."""
    calibration: Calibration | None = None
    """Of arcs that are right in head and full relation."""
    kind: Literal["tree"] = "tree"


@dataclass(frozen=True, slots=True)
class GraphEvaluation:
    """What was measured of a layer of graphs; no calibration if any predicted arc has no confidence."""

    layer: str
    scores: GraphScores
    confusion: Confusion
    """Universal relations of arcs between the same two words; missed and spurious arcs are in `NO_SPAN`'s."""
    calibration: Calibration | None = None
    """Of predicted arcs that are right in dependent, head and full relation."""
    kind: Literal["graph"] = "graph"


class TreeEvaluator:
    """Measures a layer of trees sentence by sentence; `relations` orders the confusion matrix."""

    def __init__(self, layer: str, relations: Sequence[str] = ()) -> None:
        self._layer = layer
        self._scorer = TreeScorer()
        self._confusion = ConfusionMatrix(_universal(relations))
        self._calibration = _ArcCalibration()

    def add(self, gold: Sequence[Arc], predicted: Sequence[Arc]) -> None:
        """Count one sentence, one arc a word.

        Raises:
            LabelError: the two trees are over different numbers of words.
        """
        self._scorer.add(gold, predicted)
        self._confusion.add(*([universal(arc.relation) for arc in tree] for tree in (gold, predicted)))
        self._calibration.add([[arc] for arc in gold], [[arc] for arc in predicted])

    def result(self) -> TreeEvaluation:
        """Everything measured so far."""
        return TreeEvaluation(self._layer, self._scorer.result(), self._confusion.result(), self._calibration.result())


class GraphEvaluator:
    """Measures a layer of graphs sentence by sentence; `relations` orders the confusion matrix."""

    def __init__(self, layer: str, relations: Sequence[str] = ()) -> None:
        self._layer = layer
        self._scorer = GraphScorer()
        self._confusion = ArcConfusion(_universal(relations))
        self._calibration = _ArcCalibration()

    def add(self, gold: Sequence[Sequence[Arc]], predicted: Sequence[Sequence[Arc]]) -> None:
        """Count one sentence, the arcs to each word.

        Raises:
            LabelError: the two graphs are over different numbers of words.
        """
        self._scorer.add(gold, predicted)
        self._confusion.add(gold, predicted)
        self._calibration.add(gold, predicted)

    def result(self) -> GraphEvaluation:
        """Everything measured so far."""
        return GraphEvaluation(self._layer, self._scorer.result(), self._confusion.result(), self._calibration.result())


class _ArcCalibration:
    """Collects every predicted arc's confidence and whether the gold annotation holds that very arc."""

    def __init__(self) -> None:
        self._confidences: list[float | None] = []
        self._correct: list[bool] = []

    def add(self, gold: Iterable[Sequence[Arc]], predicted: Iterable[Sequence[Arc]]) -> None:
        for right, guess in zip(gold, predicted, strict=True):
            places = {(arc.head, arc.relation) for arc in right}
            self._confidences += [arc.confidence for arc in guess]
            self._correct += [(arc.head, arc.relation) in places for arc in guess]

    def result(self) -> Calibration | None:
        known = [confidence for confidence in self._confidences if confidence is not None]
        return expected_calibration_error(known, self._correct) if len(known) == len(self._correct) else None


def _universal(relations: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(universal(relation) for relation in relations))
