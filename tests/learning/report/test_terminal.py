"""A report on a terminal, by what a reader finds there."""

from __future__ import annotations

import io

from rich.console import Console

from syntagma.learning.metrics import NO_SPAN, Confusion, TagEvaluator
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
