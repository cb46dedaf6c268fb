"""Attachment scores of trees that can be counted by hand; tests/parity compares with the official evaluation."""

from __future__ import annotations

import pytest

from syntagma.errors import LabelError
from syntagma.learning.metrics import Score, TreeScorer, TreeScores
from syntagma.text.document import Arc

# She read her old book .
GOLD = [Arc(2, "nsubj"), Arc(0, "root"), Arc(5, "nmod:poss"), Arc(5, "amod"), Arc(2, "obj"), Arc(2, "punct")]
GUESS = [Arc(2, "nsubj"), Arc(0, "root"), Arc(5, "nmod"), Arc(5, "det"), Arc(1, "obj"), Arc(2, "punct")]


def scores(*pairs: tuple[list[Arc], list[Arc]]) -> TreeScores:
    scorer = TreeScorer()
    for gold, predicted in pairs:
        scorer.add(gold, predicted)
    return scorer.result()


def test_subtypes_do_not_count_in_the_headline() -> None:
    found = scores((GOLD, GUESS))
    assert found.uas == 5 / 6
    assert found.las == 4 / 6
    assert found.las_with_subtypes == 3 / 6
    assert found.relation_accuracy == 5 / 6
    assert (found.words, found.trees, found.whole_trees) == (6, 1, 0.0)


def test_content_words() -> None:
    """Of the gold ones nsubj, root, nmod, amod and obj; of the predicted ones the same without amod."""
    assert scores((GOLD, GUESS)).clas == Score.of(correct=3, predicted=4, support=5)


def test_relations_with_their_subtypes() -> None:
    found = scores((GOLD, GUESS)).per_relation
    assert list(found) == sorted(found)
    assert found["nmod"] == Score.of(correct=1, predicted=1, support=1)
    assert found["nmod:poss"] == Score.of(correct=0, predicted=0, support=1)
    assert found["obj"] == Score.of(correct=0, predicted=1, support=1)
    assert found["det"] == Score.of(correct=0, predicted=1, support=0)


def test_lengths() -> None:
    found = scores((GOLD, GUESS)).per_length
    assert list(found) == ["root", "1", "2", "3 to 6"]
    assert found["1"] == Score.of(correct=1, predicted=2, support=2)
    assert found["2"] == Score.of(correct=1, predicted=1, support=1)
    assert found["3 to 6"] == Score.of(correct=1, predicted=2, support=2)
    far = [Arc(0, "root"), *[Arc(1, "dep")] * 7]
    assert scores((far, far)).per_length["7 or more"] == Score.of(correct=1, predicted=1, support=1)


def test_whole_trees() -> None:
    assert scores((GOLD, GUESS), (GOLD, GOLD)).whole_trees == 0.5


def test_nothing_scores_nothing() -> None:
    found = scores()
    assert (found.uas, found.las, found.clas.f1, found.whole_trees, found.words) == (0.0, 0.0, 0.0, 0.0, 0)
    assert (found.per_relation, found.per_length) == ({}, {})


def test_trees_over_different_words() -> None:
    with pytest.raises(LabelError, match=r"gold annotation has 6 arcs and the predicted one 5.*same tokens"):
        scores((GOLD, GUESS[:5]))
