"""Scores of trees and graphs are those of the official evaluation of CoNLL 2018 and IWPT 2020, in UD's own tools."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from syntagma.learning.metrics import GraphScorer, TreeScorer
from syntagma.text.document import Arc

udeval = pytest.importorskip("udtools.udeval", reason="udtools is not installed: it comes with the extra 'dev'")

Tree = list[Arc]
Graph = list[list[Arc]]
RELATIONS = ["nsubj", "nsubj:pass", "nmod", "nmod:poss", "obl", "det", "det:predet", "case", "punct", "dep", "odd"]
PATHS = [*RELATIONS, "conj:and>nsubj", "conj:or>nsubj:pass"]


@st.composite
def trees(draw: st.DrawFn, words: int) -> Tree:
    """Any tree with one root: every word but the first of some order hangs on one before it."""
    order = draw(st.permutations(range(1, words + 1)))
    heads = {order[0]: 0} | {word: order[draw(st.integers(0, rank))] for rank, word in enumerate(order[1:])}
    relations = draw(st.lists(st.sampled_from(RELATIONS), min_size=words, max_size=words))
    return [
        Arc(heads[word], "root" if heads[word] == 0 else relation) for word, relation in enumerate(relations, start=1)
    ]


@st.composite
def graphs(draw: st.DrawFn, words: int, relations_of_a_pair: int) -> Graph:
    """Any arcs, in the order of their heads."""
    graph = []
    for word in range(1, words + 1):
        heads = draw(st.sets(st.integers(0, words).filter(lambda head, word=word: head != word), max_size=3))
        names = st.sets(st.sampled_from(PATHS), min_size=1, max_size=relations_of_a_pair)
        graph.append([Arc(head, name) for head in sorted(heads) for name in sorted(draw(names))])
    return graph


@st.composite
def tree_pairs(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """A tree and a guess: the same heads or others, the same relations or others."""
    gold = draw(trees(draw(st.integers(1, 7))))
    guess = draw(trees(len(gold)))
    same = draw(st.lists(st.booleans(), min_size=len(gold), max_size=len(gold)))
    if draw(st.booleans()):
        guess = [Arc(right.head, other.relation) for right, other in zip(gold, guess, strict=True)]
    return gold, [
        Arc(arc.head, right.relation if keep else arc.relation)
        for arc, right, keep in zip(guess, gold, same, strict=True)
    ]


def graph_pairs(relations_of_a_pair: int) -> st.SearchStrategy[tuple[Graph, Graph]]:
    def of(words: int) -> st.SearchStrategy[tuple[Graph, Graph]]:
        one = graphs(words, relations_of_a_pair)
        return st.tuples(one, one) | one.map(lambda graph: (graph, [arcs[1:] for arcs in graph]))

    return st.integers(1, 6).flatmap(of)


def official(gold: Sequence[Tree], predicted: Sequence[Tree], graphs: tuple[Any, Any] = (None, None)) -> dict[str, Any]:
    """The official scores, where two words each are one multi-word token."""
    sides = [
        udeval.load_conllu(io.StringIO(conllu(trees, those)), "in memory", {})
        for trees, those in zip((gold, predicted), graphs, strict=True)
    ]
    scores: dict[str, Any] = udeval.evaluate(*sides)
    return scores


def conllu(trees: Sequence[Tree], graphs: Sequence[Graph] | None) -> str:
    lines = []
    for number, tree in enumerate(trees):
        for word, arc in enumerate(tree, start=1):
            if word % 2 and word < len(tree):
                lines.append(row(f"{word}-{word + 1}", f"w{word}w{word + 1}"))
            deps = "|".join(f"{a.head}:{a.relation}" for a in graphs[number][word - 1]) if graphs else ""
            lines.append(row(word, f"w{word}", arc.head, arc.relation, deps or "_"))
        lines.append("")
    return "\n".join([*lines, ""])


def row(number: object, form: str, head: object = "_", relation: str = "_", deps: str = "_") -> str:
    return "\t".join([str(number), form, "_", "_", "_", "_", str(head), relation, deps, "_"])


@given(st.lists(tree_pairs(), min_size=1, max_size=4))
def test_attachment(pairs: list[tuple[Tree, Tree]]) -> None:
    scorer = TreeScorer()
    for gold, predicted in pairs:
        scorer.add(gold, predicted)
    ours, theirs = scorer.result(), official([gold for gold, _ in pairs], [guess for _, guess in pairs])
    assert ours.uas == theirs["UAS"].f1
    assert ours.las == theirs["LAS"].f1
    clas = theirs["CLAS"]
    assert (ours.clas.precision, ours.clas.recall, ours.clas.f1) == (clas.precision, clas.recall, clas.f1)
    assert (ours.clas.correct, ours.clas.support) == (clas.correct, clas.gold_total)


def graph_scores(pairs: list[tuple[Graph, Graph]]) -> tuple[Any, dict[str, Any]]:
    scorer = GraphScorer()
    for gold, predicted in pairs:
        scorer.add(gold, predicted)
    flat = [[Arc(word, "root" if word == 0 else "dep") for word in range(len(gold))] for gold, _ in pairs]
    return scorer.result(), official(flat, flat, ([gold for gold, _ in pairs], [guess for _, guess in pairs]))


@given(st.lists(graph_pairs(2), min_size=1, max_size=4))
def test_labelled_arcs(pairs: list[tuple[Graph, Graph]]) -> None:
    ours, theirs = graph_scores(pairs)
    assert (ours.labelled.precision, ours.labelled.recall) == (theirs["ELAS"].precision, theirs["ELAS"].recall)
    assert ours.labelled.f1 == theirs["ELAS"].f1


@given(st.lists(graph_pairs(1), min_size=1, max_size=4))
def test_arcs_without_subtypes(pairs: list[tuple[Graph, Graph]]) -> None:
    """Of two arcs between the same two words the official evaluation counts every pair that agrees, so: one here."""
    ours, theirs = graph_scores(pairs)
    assert ours.universal.f1 == theirs["EULAS"].f1
