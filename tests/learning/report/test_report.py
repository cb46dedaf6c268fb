"""A report as data: what is written is read back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syntagma.errors import DataError, OutputError
from syntagma.learning.metrics import TagEvaluator
from syntagma.learning.report import DataSetScores, Report, write_json


def test_json_reads_back_the_same(full_report: Report, tmp_path: Path) -> None:
    write_json(full_report, tmp_path / "report.json")
    assert Report.from_json((tmp_path / "report.json").read_text(encoding="utf-8")) == full_report


def test_json_holds_plain_values(full_report: Report) -> None:
    data = json.loads(full_report.to_json())
    assert data["epochs"][0]["loss"] == 1.4
    upos, ner, tree, graph = data["data_sets"][0]["layers"]
    assert [each["kind"] for each in (upos, ner, tree, graph)] == ["tags", "spans", "tree", "graph"]
    assert 0 < tree["scores"]["las"] <= tree["scores"]["uas"] < 1
    assert 0 < graph["scores"]["labelled"]["f1"] <= graph["scores"]["unlabelled"]["f1"] < 1
    assert 0 < ner["scores"]["per_type"]["PER"]["f1"] < 1
    assert ner["calibration"]["bins"][0]["count"] > 0


def test_the_best_epoch_is_the_first_with_the_highest_score(full_report: Report) -> None:
    assert full_report.best_epoch is full_report.epochs[-1]
    assert Report("empty").best_epoch is None


def test_a_label_with_a_lone_surrogate_survives() -> None:
    evaluator = TagEvaluator("upos")
    evaluator.add(["\ud800"], ["\ud800"])
    report = Report("odd", data_sets=[DataSetScores("one", 1, 1, [evaluator.result()])])
    assert Report.from_json(report.to_json()) == report


def test_what_is_no_report_is_an_error_that_names_the_key() -> None:
    with pytest.raises(DataError, match=r"report.json: not a report: epochs.0.number: Field required"):
        Report.from_json('{"name": "x", "epochs": [{}]}', where="report.json")
    with pytest.raises(DataError, match=r"report\.json: not JSON: Expecting value"):
        Report.from_json("", where="report.json")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="could not be written"):
        write_json(Report("x"), tmp_path / "none" / "report.json")
