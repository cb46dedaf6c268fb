"""search: what it hands on, what it prints, how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import syntagma.recipes.searching
from syntagma.learning.history import Epoch
from syntagma.learning.report import Report
from syntagma.learning.search.episode import Episode
from syntagma.learning.search.report import Candidate, SearchReport

from .conftest import Run

RECIPE = """
data = { train = "a.conll", dev = "a.conll", labels = "ner" }
encoder = { kind = "recurrent", of = { kind = "concatenation", members = [{ kind = "hashed" }, { kind = "bytes" }] } }
"""
FOUND = SearchReport(
    "[fake]",
    "greedy",
    [Candidate(name, name, 8, 1, cached=False) for name in ("hashed", "bytes")],
    [Episode(1, (True, False), 88.0, (Epoch(1, 0.5, 0.1, 2.0, 100, 0.88),), ())],
)


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    return str(tmp_path / "r.toml")


def test_search_hands_on_strategy_overrides_and_folder(run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def search(recipe: Any, output: Path | None, *, resume: bool, progress: Any) -> Any:
        calls.append((recipe.search.strategy, recipe.search.episodes, output, resume))
        with progress(["hashed", "bytes"], 1) as shown:
            shown.end(FOUND.episodes[0], is_best=True)
        return SimpleNamespace(folder=Path("runs/[x]"), report=Report("fake"), search=FOUND)

    monkeypatch.setattr(syntagma.recipes.searching, "search", search)
    result = run("search", recipe, "--strategy", "greedy", "--set", "search.episodes=3", "--resume", "-o", "here")
    assert result.code == 0, result.err
    assert calls == [("greedy", 3, Path("here"), True)]
    assert "[fake]: search by 'greedy'" in result.out
    assert "88.00" in result.out
    assert "runs/[x]" in result.out
    assert "episode   1  dev 88.00    2 s best  hashed\n" in result.err


def test_as_json(run: Run, recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*_arguments: Any, **_options: Any) -> Any:
        return SimpleNamespace(folder=Path("runs/x"), report=Report("fake"), search=FOUND)

    monkeypatch.setattr(syntagma.recipes.searching, "search", search)
    record = json.loads(run("search", recipe, "--json").out)
    assert record["chosen"] == ["hashed"]
    assert record["strategy"] == "greedy"


def test_a_stopped_search_says_whether_it_can_go_on(
    run: Run, recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(syntagma.recipes.searching, "search", search)
    result = run("search", recipe, "-o", tmp_path / "out")
    assert result.code == 130
    assert result.err == "Stopped before there was anything to keep.\n"
    (tmp_path / "out.run").mkdir()
    (tmp_path / "out.run" / "run.json").write_text("{}")
    result = run("search", recipe, "-o", tmp_path / "out")
    assert result.code == 130
    assert "the same command with --resume goes on" in result.err


def test_a_wrong_strategy_is_told(run: Run, recipe: str) -> None:
    result = run("search", recipe, "--strategy", "best")
    assert result.code == 2
    assert "the value of 'strategy' in table [search] is wrong" in result.err
    assert "'greedy'" in result.err
