"""distill: what it hands on, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import syntagma.recipes.distilling
from syntagma.learning.distillation.report import Compared, DistillationReport
from syntagma.learning.report import Report

from .conftest import Run

RECIPE = """
data = { train = "a.conll", dev = "a.conll", labels = "ner" }
encoder = { kind = "hashed" }
distillation = { teachers = "large", objective = "posterior" }
"""


def _model(name: str, role: Any, size: int, score: float, learned: float | None) -> Compared:
    return Compared(name, role, 10 * size, size, {"dev": {"ner": score}}, 1000.0, learned)


FOUND = DistillationReport(
    "[small]",
    "posterior",
    [
        _model("large", "teacher", 40_000_000, 0.9, None),
        _model("[small]", "without teachers", 4_000_000, 0.8, 500.0),
        _model("[small]", "with teachers", 4_000_000, 0.85, 400.0),
    ],
    [0.5, 0.0],
    {"ner": 0.012},
)


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    return str(tmp_path / "r.toml")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What distill was called with."""
    made: list[Any] = []

    def distill(recipe: Any, output: Path | None, *, resume: bool, find: Any, progress: Any) -> Any:
        made.append((recipe.distillation.tau, output, resume, find("en-small").name))
        progress.targets(5, 10)
        progress.waiting("[process 7]")
        with progress.training("without teachers"):
            pass
        return SimpleNamespace(folder=Path("runs/[x]"), report=Report("fake"), distillation=FOUND)

    monkeypatch.setattr(syntagma.recipes.distilling, "distill", distill)
    return made


def test_it_hands_on_overrides_and_folder_and_prints_what_was_gained(run: Run, recipe: str, calls: list[Any]) -> None:
    result = run("distill", recipe, "--set", "distillation.tau=2", "--resume", "-o", "here")
    assert result.code == 0, result.err
    assert calls == [(2.0, Path("here"), True, "en-small")]
    for line in ("targets  5 of 10 words", "waiting for [process 7]", "training  without teachers"):
        assert line in result.err
    assert "[small]: distilled by 'posterior'" in result.out
    assert "dev ner: +5.00 points by teachers" in result.out
    assert "took 1.25 times as long a word" in result.out
    assert "10.0 times smaller than the largest teacher" in result.out
    assert "ner: 1.2 % of what the teachers said is nothing that the model can say." in result.out
    assert "runs/[x]" in result.out


def test_as_json(run: Run, recipe: str, calls: list[Any]) -> None:
    record = json.loads(run("distill", recipe, "--json").out)
    assert [model["role"] for model in record["models"]] == ["teacher", "without teachers", "with teachers"]
    assert record["gains"] == [{"data set": "dev", "layer": "ner", "points": pytest.approx(5.0)}]


def test_a_stopped_run_says_how_to_go_on(
    run: Run, recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def distill(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(syntagma.recipes.distilling, "distill", distill)
    (tmp_path / "out.run").mkdir()
    (tmp_path / "out.run" / "run.json").write_text("{}")
    result = run("distill", recipe, "-o", tmp_path / "out")
    assert result.code == 130
    assert "the same command with --resume goes on" in result.err


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("objectiv=token", "unknown key 'objectiv'"),
        ("objective=top", "the value of 'objective' in table [distillation] is wrong"),
        ("temperature=0", "the value of 'temperature' in table [distillation] is wrong"),
        ("k=0", "the value of 'k' in table [distillation] is wrong"),
        ("interpolation=2", "the value of 'interpolation' in table [distillation] is wrong"),
        ("teachers=[]", "the value of 'teachers' in table [distillation] is wrong"),
    ],
)
def test_a_wrong_key_or_value(key: str, message: str, run: Run, recipe: str) -> None:
    result = run("distill", recipe, "--set", f"distillation.{key}")
    assert result.code == 2
    assert message in result.err.replace("\n", " ")
