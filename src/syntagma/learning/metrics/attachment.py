"""Attachment scores of dependency trees: UAS, LAS and CLAS as the official CoNLL-18 evaluation counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from syntagma.learning.metrics.accuracy import require_same_length
from syntagma.learning.metrics.arcs import CONTENT_RELATIONS, REACHES, PlacedArc, reach, tree_arcs, with_universal
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.tally import Tally
from syntagma.text.document import Arc


@dataclass(frozen=True, slots=True)
class TreeScores:
    """The scores of one layer of trees; shares are of all words, marks included, in 0..1, and 0 of nothing.

    As in Zeman et al. 2018, "CoNLL 2018 Shared Task: Multilingual Parsing from Raw Text to Universal Dependencies",
    relations are compared without their subtypes, `nmod:poss` as `nmod`, wherever nothing else is said.
    """

    uas: float
    """The share of words whose head is right."""
    las: float
    """The share of words whose head and relation are right; the headline."""
    las_with_subtypes: float
    """The same where the relations must agree in full."""
    clas: Score
    """Head and relation of content words alone; its F1 is the official CLAS."""
    relation_accuracy: float
    """The share of words whose relation is right, whatever their head."""
    whole_trees: float
    """The share of trees in which every head and relation is right."""
    words: int
    trees: int
    per_relation: dict[str, Score]
    """Arcs right in head and relation: of every universal relation, all its subtypes together, and of every subtype."""
    per_length: dict[str, Score]
    """The same by the arcs' length in words, of those that there are of `REACHES`."""


class TreeScorer:
    """Compares trees over the same words, sentence by sentence."""

    def __init__(self) -> None:
        self._words: Counter[str] = Counter()
        self._trees: Counter[str] = Counter()
        self._relations, self._lengths, self._content = Tally(), Tally(), Tally()

    def add(self, gold: Sequence[Arc], predicted: Sequence[Arc]) -> None:
        """Count one sentence, one arc a word.

        Raises:
            LabelError: the two trees are over different numbers of words.
        """
        require_same_length(gold, predicted, "arcs")
        pair = tree_arcs(gold), tree_arcs(predicted)
        universal = [arc.universal() for arc in pair[0]], [arc.universal() for arc in pair[1]]
        labelled = [right for right, guess in zip(*universal, strict=True) if right == guess]
        self._words["all"] += len(gold)
        self._words["heads"] += sum(right.head == guess.head for right, guess in zip(gold, predicted, strict=True))
        self._words["relations"] += sum(a.relation == b.relation for a, b in zip(*universal, strict=True))
        self._words["labelled"] += len(labelled)
        self._words["with subtypes"] += len(set(pair[0]) & set(pair[1]))
        self._trees["all"] += 1
        self._trees["whole"] += len(labelled) == len(gold)
        self._count_by_kind(*pair)
        self._lengths.add(map(reach, universal[0]), map(reach, universal[1]), map(reach, labelled))
        self._content.add(*map(_content, (*universal, labelled)))

    def _count_by_kind(self, gold: Sequence[PlacedArc], predicted: Sequence[PlacedArc]) -> None:
        right, guess = with_universal(gold), with_universal(predicted)
        self._relations.add(*([arc.relation for arc in arcs] for arcs in (right, guess, set(right) & set(guess))))

    def result(self) -> TreeScores:
        """The scores of everything added so far."""
        words, trees = max(self._words["all"], 1), max(self._trees["all"], 1)
        lengths = self._lengths.per_label()
        return TreeScores(
            uas=self._words["heads"] / words,
            las=self._words["labelled"] / words,
            las_with_subtypes=self._words["with subtypes"] / words,
            clas=self._content.total(),
            relation_accuracy=self._words["relations"] / words,
            whole_trees=self._trees["whole"] / trees,
            words=self._words["all"],
            trees=self._trees["all"],
            per_relation=self._relations.per_label(),
            per_length={name: lengths[name] for name in REACHES if name in lengths},
        )


def _content(arcs: Sequence[PlacedArc]) -> list[str]:
    return [arc.relation for arc in arcs if arc.relation in CONTENT_RELATIONS]
