"""Precision, recall and F1 of the arcs of graphs: semantic or enhanced dependencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syntagma.learning.metrics.accuracy import require_same_length
from syntagma.learning.metrics.arcs import PlacedArc, graph_arcs, with_universal
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.tally import Tally
from syntagma.text.document import Arc


@dataclass(frozen=True, slots=True)
class GraphScores:
    """The scores of one layer of graphs over the same words."""

    labelled: Score
    """Arcs right in dependent, head and full relation; its F1 is the headline, ELAS of enhanced dependencies.

    Bouma et al. 2020, "Overview of the IWPT 2020 Shared Task on Parsing into Enhanced Universal Dependencies".
    """
    universal: Score
    """The same where the relations' subtypes need not agree: EULAS."""
    unlabelled: Score
    """Pairs of dependent and head, whatever the relation."""
    whole_graphs: float
    """The share of graphs in which every arc is right and none is missing; 0..1."""
    words: int
    graphs: int
    per_relation: dict[str, Score]
    """Of every universal relation, all its subtypes together, and of every subtype."""


class GraphScorer:
    """Compares graphs over the same words, sentence by sentence."""

    def __init__(self) -> None:
        self._labelled, self._universal, self._unlabelled, self._relations = Tally(), Tally(), Tally(), Tally()
        self._words = self._graphs = self._whole = 0

    def add(self, gold: Sequence[Sequence[Arc]], predicted: Sequence[Sequence[Arc]]) -> None:
        """Count one sentence, the arcs to each word; an arc that is listed twice counts once.

        Raises:
            LabelError: the two graphs are over different numbers of words.
        """
        require_same_length(gold, predicted, "words")
        right, guess = graph_arcs(gold), graph_arcs(predicted)
        self._words += len(gold)
        self._graphs += 1
        self._whole += right == guess
        _count(self._labelled, right, guess)
        _count(self._universal, (arc.universal() for arc in right), (arc.universal() for arc in guess))
        _count(self._relations, with_universal(right), with_universal(guess))
        _count(self._unlabelled, _pairs(right), _pairs(guess))

    def result(self) -> GraphScores:
        """The scores of everything added so far."""
        return GraphScores(
            self._labelled.total(),
            self._universal.total(),
            self._unlabelled.total(),
            self._whole / max(self._graphs, 1),
            self._words,
            self._graphs,
            self._relations.per_label(),
        )


def _pairs(arcs: set[PlacedArc]) -> set[PlacedArc]:
    return {arc._replace(relation="") for arc in arcs}


def _count(tally: Tally, gold: Iterable[PlacedArc], predicted: Iterable[PlacedArc]) -> None:
    """Count arcs by their relations; two of the same head that differ in subtype alone are two, and pair off."""
    right, guess = Counter(gold), Counter(predicted)
    tally.add(*([arc.relation for arc in arcs.elements()] for arcs in (right, guess, right & guess)))
