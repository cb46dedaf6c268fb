"""The measures of a layer of trees, or of graphs, taken together."""

from __future__ import annotations

from syntagma.learning.metrics import NO_SPAN, GraphEvaluator, TreeEvaluator
from syntagma.text.document import Arc

TREE = [Arc(2, "nsubj:pass"), Arc(0, "root")]


def test_trees() -> None:
    evaluator = TreeEvaluator("dependencies", ["root", "nsubj", "nsubj:pass", "obj"])
    evaluator.add(TREE, [Arc(0, "root"), Arc(1, "obj")])
    found = evaluator.result()
    assert (found.kind, found.layer, found.scores.las) == ("tree", "dependencies", 0.0)
    assert found.confusion.labels == ["root", "nsubj", "obj"]
    assert found.confusion.counts == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert found.calibration is None


def test_the_diagonal_is_the_accuracy_of_relations() -> None:
    evaluator = TreeEvaluator("dependencies")
    evaluator.add(TREE, [Arc(1, "nsubj"), Arc(1, "obj")])
    found = evaluator.result()
    right = sum(row[number] for number, row in enumerate(found.confusion.counts))
    assert right / found.scores.words == found.scores.relation_accuracy == 0.5


def test_confidences_of_trees_are_of_full_relations() -> None:
    evaluator = TreeEvaluator("dependencies")
    evaluator.add(TREE, [Arc(2, "nsubj", 0.75), Arc(0, "root", 0.75)])
    found = evaluator.result()
    assert found.scores.las == 1.0
    assert found.calibration is not None
    assert found.calibration.ece == 0.25


def test_graphs() -> None:
    evaluator = GraphEvaluator("enhanced", ["conj:and", "nsubj"])
    evaluator.add([[Arc(2, "nsubj"), Arc(0, "root")], []], [[Arc(2, "obj")], [Arc(1, "conj:and")]])
    found = evaluator.result()
    assert (found.kind, found.layer, found.scores.labelled.f1) == ("graph", "enhanced", 0.0)
    assert found.confusion.labels == ["conj", "nsubj", "obj", "root", NO_SPAN]
    mistakes = {
        (gold, predicted)
        for gold, row in zip(found.confusion.labels, found.confusion.counts, strict=True)
        for predicted, count in zip(found.confusion.labels, row, strict=True)
        if count
    }
    assert mistakes == {("nsubj", "obj"), ("root", NO_SPAN), (NO_SPAN, "conj")}
    assert found.calibration is None


def test_confidences_of_graphs() -> None:
    evaluator = GraphEvaluator("enhanced")
    evaluator.add([[Arc(0, "root")], []], [[Arc(0, "root", 1.0)], [Arc(1, "obj", 0.5)]])
    evaluator.add([[]], [[]])
    found = evaluator.result()
    assert found.calibration is not None
    assert found.calibration.ece == 0.25
    assert found.calibration.count == 2
