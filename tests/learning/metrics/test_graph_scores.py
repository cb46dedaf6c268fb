"""F1 of graphs, on some small enough to count by hand; tests/parity compares them with the official evaluation."""

from __future__ import annotations

import pytest

from syntagma.errors import LabelError
from syntagma.learning.metrics import GraphScorer, GraphScores, Score
from syntagma.text.document import Arc

# She sat and read
GOLD = [[Arc(2, "nsubj"), Arc(4, "nsubj")], [Arc(0, "root")], [Arc(4, "cc")], [Arc(2, "conj:and")]]
GUESS = [[Arc(2, "nsubj")], [Arc(0, "root")], [Arc(2, "cc"), Arc(4, "mark")], [Arc(2, "conj:or")]]


def scores(*pairs: tuple[list[list[Arc]], list[list[Arc]]]) -> GraphScores:
    scorer = GraphScorer()
    for gold, predicted in pairs:
        scorer.add(gold, predicted)
    return scorer.result()


def test_arcs_with_and_without_relations() -> None:
    found = scores((GOLD, GUESS))
    assert found.labelled == Score.of(correct=2, predicted=5, support=5)
    assert found.universal == Score.of(correct=3, predicted=5, support=5)
    assert found.unlabelled == Score.of(correct=4, predicted=5, support=5)
    assert (found.words, found.graphs, found.whole_graphs) == (4, 1, 0.0)


def test_relations_with_their_subtypes() -> None:
    found = scores((GOLD, GUESS)).per_relation
    assert found["conj"] == Score.of(correct=1, predicted=1, support=1)
    assert found["conj:and"] == Score.of(correct=0, predicted=0, support=1)
    assert found["nsubj"] == Score.of(correct=1, predicted=1, support=2)


def test_two_arcs_between_the_same_words() -> None:
    gold, guess = [[Arc(2, "obj"), Arc(2, "nsubj:xsubj")], [Arc(0, "root")]], [[Arc(2, "nsubj")], [Arc(0, "root")]]
    found = scores((gold, guess))
    assert found.labelled == Score.of(correct=1, predicted=2, support=3)
    assert found.universal == Score.of(correct=2, predicted=2, support=3)
    assert found.unlabelled == Score.of(correct=2, predicted=2, support=2)


def test_subtypes_pair_off() -> None:
    gold, guess = [[Arc(2, "conj:and"), Arc(2, "conj:or")], []], [[Arc(2, "conj:but")], []]
    assert scores((gold, guess)).universal == Score.of(correct=1, predicted=1, support=2)


def test_paths_over_words_that_are_left_out() -> None:
    gold, guess = [[Arc(2, "conj:and>obl:in")], []], [[Arc(2, "conj>obl")], []]
    found = scores((gold, guess))
    assert (found.labelled.correct, found.universal.correct) == (0, 1)
    assert list(found.per_relation) == ["conj:and>obl:in", "conj>obl"]


def test_an_arc_listed_twice_counts_once() -> None:
    twice = [[Arc(0, "root"), Arc(0, "root")]]
    assert scores((twice, [[Arc(0, "root")]])).labelled == Score.of(correct=1, predicted=1, support=1)


def test_whole_graphs_and_words_without_arcs() -> None:
    found = scores((GOLD, GOLD), (GOLD, GUESS), ([[]], [[]]))
    assert found.whole_graphs == pytest.approx(2 / 3)


def test_graphs_over_different_words() -> None:
    with pytest.raises(LabelError, match=r"gold annotation has 4 words and the predicted one 3.*same tokens"):
        scores((GOLD, GUESS[:3]))
