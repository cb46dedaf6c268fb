"""study: what it hands on, what it prints, how it ends; and what happens to recipes of other tasks."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import syntagma.recipes.studying
from syntagma.learning.studies.record import Record, Run as StudyRun
from syntagma.learning.studies.report import StudyReport
from syntagma.learning.studies.results import Results
from syntagma.learning.studies.stack import Stack

from .conftest import Run

BASE = """{ encoder = { kind = "concatenation", members = [{ kind = "hashed" }, { kind = "bytes" }] } }"""
RECIPE = f"""
task = "study"
data.a = {{ train = "a.conll", dev = "a.conll", labels = "ner" }}
base = {BASE}
stacks = {{ few = ["hashed"], many = ["hashed", "bytes"] }}
sizes = [10]
seeds = [1, 2]
"""
STACKS = [Stack("few", {"hashed": "word"}), Stack("many", {"hashed": "word", "bytes": "character"})]
RECORDS = [
    Record(StudyRun("a", stack.name, "10", seed), {}, 10, 50.0 + 10 * len(stack.members))
    for stack in STACKS
    for seed in (1, 2)
]
FOUND = StudyReport.of("[fake]", Results(STACKS, ["10"], RECORDS), {"seeds": "1, 2"})


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    return str(tmp_path / "r.toml")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the library's `study` was called with; it gives a made-up report."""
    called: list[Any] = []

    def study(recipe: Any, output: Path | None, *, resume: bool, progress: Any) -> Any:
        called.append((recipe.name, recipe.sizes, output, resume))
        progress.end(RECORDS[0])
        return SimpleNamespace(folder=Path("runs/[x]"), report=FOUND)

    monkeypatch.setattr(syntagma.recipes.studying, "study", study)
    return called


def test_study_hands_on_overrides_and_folder_and_prints_the_report(run: Run, recipe: str, calls: list[Any]) -> None:
    result = run("study", recipe, "--set", "sizes=[5]", "--set", "name=mine", "--resume", "-o", "here")
    assert result.code == 0, result.err
    assert calls == [("mine", [5], Path("here"), True)]
    assert "[fake]: a study of 2 stacks" in result.out
    assert "70.00 ± 0.00" in result.out
    assert "adding bytes to few +10.00 ± 0.00" in " ".join(result.out.split())
    assert "runs/[x]" in result.out
    assert "a, few, 10 sentences, seed 1: dev 60.00" in result.err


def test_json_is_all_that_is_printed_when_asked_for(run: Run, recipe: str, calls: list[Any]) -> None:
    result = run("study", recipe, "--json")
    assert len(calls) == 1
    assert json.loads(result.out)["name"] == "[fake]"


def test_a_stopped_study_says_how_to_go_on(run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def study(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(syntagma.recipes.studying, "study", study)
    result = run("study", recipe)
    assert result.code == 130
    assert "what is done is kept: the same command goes on" in result.err


def test_recipes_of_other_tasks_are_told_which_command_is_theirs(run: Run, recipe: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(f'data = {{ train = "a", dev = "a", labels = "ner" }}\n{BASE[2:-2]}\n')
    result = run("study", str(tmp_path / "t.toml"))
    assert result.code == 2
    assert 'does not say task = "study"' in result.err
    result = run("train", recipe)
    assert result.code == 2
    assert "is the recipe of a study. Run it with `syntagma study`" in result.err
