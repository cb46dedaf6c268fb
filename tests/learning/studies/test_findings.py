"""Stacks that differ in one encoder, results by hand, and the findings that they make."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from syntagma.learning.studies.findings import findings
from syntagma.learning.studies.record import Record, Run
from syntagma.learning.studies.report import StudyReport
from syntagma.learning.studies.results import Results
from syntagma.learning.studies.stack import Stack, additions
from syntagma.learning.studies.terminal import print_study
from syntagma.learning.studies.web_page import render_study

WORD = Stack("word", {"hashed": "word"})
LM = Stack("<lm>", {"hashed": "word", "lm": "contextual-character"})
BERT = Stack("bert", {"hashed": "word", "bert": "contextual-subword"})
BOTH = Stack("both", {"hashed": "word", "lm": "contextual-character", "bert": "contextual-subword"})
THREE = Stack("three", {**BOTH.members, "bort": "contextual-subword"})
STACKS = [WORD, LM, BERT, BOTH, THREE]
SEEDS, SIZES = (1, 2, 3), ("10", "all")
Score = Callable[[str, str, int, str], float]


def results(score: Score, data: dict[str, list[Stack]] | None = None) -> Results:
    """Of every run; `score` is told the stack, the size, the seed and the data set."""
    records = [
        Record(
            Run(name, stack.name, size, seed),
            {},
            10,
            0.0,
            {"test": score(stack.name, size, seed, name)},
            dict.fromkeys(stack.kinds, 5.0) if len(stack.kinds) > 1 else {},
        )
        for name, stacks in (data or {"a": STACKS, "b": STACKS}).items()
        for stack in stacks
        for size in SIZES
        for seed in SEEDS
    ]
    return Results(STACKS, SIZES, records)


def test_additions_are_the_pairs_that_differ_in_one() -> None:
    found = {(one.base.name, one.added): one for one in additions(STACKS)}
    assert set(found) == {("word", "lm"), ("word", "bert"), ("<lm>", "bert"), ("bert", "lm"), ("both", "bort")}
    assert [key for key, one in found.items() if one.is_similar] == [("both", "bort")]
    assert [key for key, one in found.items() if one.joins_subwords_to_characters] == [("<lm>", "bert")]


def test_a_second_encoder_that_is_not_contextual_is_not_called_similar() -> None:
    (found,) = additions([WORD, Stack("two", {"hashed": "word", "one-hot": "word"})])
    assert not found.is_similar


def test_effects_are_paired_by_seed_and_data_set() -> None:
    # the seeds differ by a lot, the stacks always by 2 in one data set and by 4 in the other
    told = results(lambda stack, size, seed, data: 10.0 * seed + (0 if stack == "word" else 2 if data == "a" else 4))
    (addition,) = additions([WORD, LM])
    assert told.differences(addition, "10") == {"a": [2.0] * 3, "b": [4.0] * 3}
    effect = told.effect([addition], "10")
    assert effect is not None
    assert (effect.mean, effect.pairs, effect.p) == (3.0, 6, 2 / 64)
    assert told.spread([addition], "10") == pytest.approx(10.0)
    assert told.cell(["a"], LM, "10").mean == 22.0
    assert told.cell(["a", "b"], LM, "10").mean == 23.0
    assert told.cell(["a", "b"], LM, "10").deviation == pytest.approx(10.0)


def test_several_additions_count_once_for_each_data_set_and_seed() -> None:
    gains = {"word": 0.0, "<lm>": 1.0, "bert": 3.0, "both": 0.0, "three": 0.0}
    told = results(lambda stack, size, seed, data: gains[stack])
    both = list(additions([WORD, LM, BERT]))
    effect = told.effect(both, "all")
    assert effect is not None
    assert (effect.mean, effect.pairs) == (2.0, 6)


def test_a_data_set_that_lacks_a_stack_counts_where_it_can() -> None:
    told = results(lambda stack, size, seed, data: 1.0, {"a": STACKS, "b": [WORD, BERT]})
    by_name = {str(one): one for one in additions(STACKS)}
    assert set(told.differences(by_name["adding lm to word"], "10")) == {"a"}
    assert set(told.differences(by_name["adding bert to word"], "10")) == {"a", "b"}
    assert told.common() == [WORD, BERT]
    nothing = Results(STACKS, SIZES, [r for r in told.records if r.run.stack == "word"])
    assert nothing.effect([by_name["adding lm to word"]], "10") is None


def as_published(stack: str, size: str, seed: int, data: str) -> float:
    """The paper's world: more helps with much data, sub-words beside characters hurt with few."""
    noise = 0.1 * seed
    if size == "all":
        return {"word": 80, "<lm>": 85, "bert": 86, "both": 88, "three": 88}[stack] + noise * (stack != "three")
    return {"word": 20, "<lm>": 40, "bert": 30, "both": 35, "three": 33}[stack] + noise


def test_the_papers_world_reproduces_all_three() -> None:
    found = findings(results(as_published))
    assert [finding.verdict for finding in found] == ["reproduces", "reproduces", "does not reproduce"]
    # what seeds alone make is 0.1 for "both" and 0 for "three"; the difference is 0.2
    assert found[2].sizes[-1].effect.mean == pytest.approx(-0.2)
    near = findings(results(lambda *told: as_published(*told) + 0.4 * told[2]))
    assert near[2].verdict == "reproduces"
    assert [one.size for one in found[1].sizes] == ["10", "all"]
    assert str(found[1].comparisons[0]).startswith("adding bert to <lm> at 10 sentences: -5.00 ± 0.00")


def test_a_direction_that_chance_may_have_made_is_called_that() -> None:
    told = results(as_published, {"a": STACKS})  # 3 pairs: p cannot be below 0.25
    assert [finding.verdict for finding in findings(told)[:2]] == [
        "same direction, not significant",
        "same direction, not significant",
    ]


def test_the_contrary_does_not_reproduce() -> None:
    found = findings(results(lambda *told: -as_published(*told)))
    assert [finding.verdict for finding in found[:2]] == ["does not reproduce"] * 2


def test_a_similar_encoder_counts_in_its_own_finding_alone() -> None:
    first, second, third = findings(results(lambda stack, size, seed, data: 50.0 if stack == "three" else 10.0))
    assert first.sizes[-1].effect.mean == second.sizes[-1].effect.mean == 0.0
    assert third.sizes[-1].effect.mean == 40.0


def test_without_such_stacks_nothing_can_be_told() -> None:
    told = results(as_published, {"a": [WORD, LM]})
    told.stacks = [WORD, LM]
    assert [finding.verdict for finding in findings(told)] == [
        "same direction, not significant",
        "cannot be told",
        "cannot be told",
    ]
    assert findings(told)[1].comparisons == []


@pytest.fixture
def report() -> StudyReport:
    told = results(as_published, {"a&b": STACKS, "c": [WORD, BERT]})
    return StudyReport.of("[fake]", told, {"seeds": "1, 2, 3"})


def test_the_report_has_everything_as_json(report: StudyReport) -> None:
    told = json.loads(report.to_json())
    assert len(told["runs"]) == 6 * (5 + 2)
    assert told["stacks"]["both"] == dict(BOTH.members)
    first = told["scores"][0]
    assert (first["data"], first["stack"], first["size"]) == ("a&b", "word", "10")
    assert first["mean"] == pytest.approx(20.2)
    assert first["scores"] == pytest.approx([20.1, 20.2, 20.3])
    effect = told["findings"][0]["sizes"][0]["effect"]
    assert set(effect) == {"mean", "deviation", "low", "high", "p", "pairs"}
    told_of = told["findings"][1]["comparisons"][0]
    assert told_of["words"].startswith("adding bert to <lm> at 10 sentences: -5.00 ± 0.00 (95 %")


def test_tables_have_a_row_a_stack_that_was_tried(report: StudyReport) -> None:
    tables = {title: dict(report.rows(data)) for title, data in report.tables()}
    assert list(tables) == ["a&b", "c", "mean of a&b, c"]
    assert list(tables["mean of a&b, c"]) == ["word", "bert"]
    assert tables["c"]["bert"] == ["30.20 ± 0.10", "86.20 ± 0.10"]


def test_the_terminal_tells_tables_and_findings(report: StudyReport) -> None:
    stream = StringIO()
    print_study(report, Console(file=stream, width=200))
    text = stream.getvalue()
    assert "[fake]: a study of 5 stacks" in text
    assert "35.20 ± 0.10" in text
    assert "both, contextual-subword alone" in text
    assert "2. With few data, adding a contextual sub-word encoder to a contextual character one hurts" in text
    assert any(line.split()[:6] == ["adding", "bert", "to", "<lm>", "-5.00", "±"] for line in text.splitlines())


def test_the_page_is_well_formed_and_safe(report: StudyReport) -> None:
    page = render_study(report)
    assert "&lt;lm&gt;" in page
    assert "<lm>" not in page
    for drawing in page.split("<svg")[1:]:
        chart = ElementTree.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")
        assert len(chart.findall(".//polygon[@class]")) == len(chart.findall(".//polyline"))
    assert page.count("<svg") == 3
