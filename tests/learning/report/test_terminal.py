"""A report on a terminal, by what a reader finds there."""

from __future__ import annotations

import io

from rich.console import Console

from syntagma.learning.metrics import NO_SPAN, Confusion, TagEvaluator, TreeEvaluation
from syntagma.learning.report import DataSetScores, Report, print_report
from syntagma.learning.report.terminal import most_confused


def printed(report: Report) -> str:
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=120))
    return stream.getvalue()


def test_everything_is_there(full_report: Report) -> None:
    text = printed(full_report)
    lines = text.splitlines()
    assert "seed: 1" in text
    assert any(line.split() == ["12", "0.1167", "86.67", "80.83", "92.50", "8.33e-05", "13.7"] for line in lines)
    assert "400 sentences, 3,200 tokens, 6,400 tokens a second" in text
    assert any(line.startswith("micro") for line in lines)
    assert "expected calibration error" in text
    assert "missed" in text
    assert "spurious" in text


def test_trees_and_graphs_are_there(full_report: Report) -> None:
    text = printed(full_report)
    lines = text.splitlines()
    tree = next(layer for layer in full_report.data_sets[0].layers if isinstance(layer, TreeEvaluation))
    scores = tree.scores
    assert f"dependencies: LAS {100 * scores.las:.2f}, UAS {100 * scores.uas:.2f}, CLAS" in text
    assert f"(3,200 words in 400 trees)\nLAS with subtypes of relations {100 * scores.las_with_subtypes:.2f}" in text
    assert [line.split()[0] for line in lines if line.startswith("nmod")] == ["nmod", "nmod"]  # of trees, of graphs
    first = next(number for number, line in enumerate(lines) if line.startswith("length "))
    shown = [line.partition("  ")[0] for line in lines[first + 1 : first + 6]]
    assert shown == ["root", "1", "2", "3 to 6", "7 or more"]
    assert "enhanced: labelled F1" in text
    assert any(line.startswith("without subtypes") for line in lines)


def test_names_are_no_markup() -> None:
    evaluator = TagEvaluator("upos")
    evaluator.add(["[red]X[/red]"], ["[/]"])
    report = Report("[bold]", data_sets=[DataSetScores("[data]", 1, 1, [evaluator.result()])], facts={"[k]": "[/v]"})
    text = printed(report)
    for name in ("[bold]", "[data]", "[red]X[/red]", "[k]: [/v]", "[red]X[/red] taken for [/]"):
        assert name in text


def test_many_labels_are_cut_to_the_frequent_ones() -> None:
    evaluator = TagEvaluator("xpos")
    for number in range(40):
        evaluator.add([f"L{number:02}"] * (number + 1), [f"L{number:02}"] * (number + 1))
    text = printed(Report("many", data_sets=[DataSetScores("one", 40, 820, [evaluator.result()])]))
    assert "... and 10 rarer ones" in text
    assert "L39" in text
    assert "L09" not in text


def test_an_empty_report_is_its_name() -> None:
    assert printed(Report("nothing yet")) == "nothing yet\n"


def test_mistakes_are_sorted_by_number() -> None:
    confusion = Confusion(["A", "B", NO_SPAN], [[9, 1, 4], [2, 9, 0], [0, 0, 0]])
    assert most_confused(confusion, 2) == [(4, "A", NO_SPAN), (2, "B", "A")]
