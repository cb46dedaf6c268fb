"""info, schema, evaluate and train: what they print, and what they hand on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import syntagma.pipeline.evaluation
import syntagma.recipes.training
from syntagma.errors import ModelError
from syntagma.learning.report import Report
from syntagma.text.document import Document

from .conftest import Run


def test_info(run: Run) -> None:
    rows = dict(line.strip().split(maxsplit=1) for line in run("info", "fake").out.splitlines())
    assert rows["parameters"] == "1,234,567"
    assert rows["labels.upos"] == "NOUN, PROPN"
    assert rows["recipe.data.train.0.path"] == "[a].conll"
    assert "licence" not in rows


def test_info_as_json(run: Run) -> None:
    assert json.loads(run("info", "fake", "--json").out)["parameters"] == 1234567


def test_schema_is_json(run: Run) -> None:
    result = run("schema")
    assert result.code == 0
    tasks = json.loads(result.out)["$defs"]
    assert "learning" in tasks["Recipe"]["properties"]
    assert "learning" in tasks["CharacterLMRecipe"]["properties"]


def test_a_model_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> None:
        raise ModelError(f"there is no model\n'{name}\x1b[31m'", fix="Give a folder")

    monkeypatch.setattr(syntagma.pipeline, "load", load)
    result = run("info", "nope")
    assert (result.code, result.err) == (2, "error: there is no model 'nope\ufffd[31m'. Give a folder\n")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def evaluate(pipeline: object, documents: Iterable[Document], **options: Any) -> Report:
        calls.append({**options, "documents": list(documents)})
        return Report("fake", facts={"seed": 1})

    monkeypatch.setattr(syntagma.pipeline.evaluation, "evaluate", evaluate)
    return calls


def test_evaluate_reads_columns_and_renames_types(run: Run, tmp_path: Path, compared: list[dict[str, Any]]) -> None:
    data = tmp_path / "gold.conll"
    data.write_text("1 Ann NOUN B-person\n2 left VERB O\n", encoding="utf-8")
    options = ["--columns", "-, word, upos, ner", "--types", "person=PER", "--min-confidence", "0.3", "--raw-text"]
    result = run("evaluate", "fake", str(data), *options)
    assert (result.code, result.err) == (0, "")
    assert "seed: 1" in result.out
    (call,) = compared
    (document,) = call.pop("documents")
    assert call == {"name": "gold.conll", "raw_text": True, "min_confidence": 0.3}
    assert [token.upos for token in document.tokens] == ["NOUN", "VERB"]
    assert [entity.label for entity in document.entities] == ["PER"]


def test_evaluate_knows_files_by_their_names(run: Run, tmp_path: Path, compared: list[dict[str, Any]]) -> None:
    (tmp_path / "a.conll").write_text("Ann NOUN B-PER\n", encoding="utf-8")
    (tmp_path / "b.iob2").write_text("1\tAnn\tB-PER\t-\t-\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(
        json.dumps({"text": "Ann", "entities": [{"start": 0, "end": 3, "label": "PER"}]}), encoding="utf-8"
    )
    for name in ("a.conll", "b.iob2", "c.jsonl"):
        assert run("evaluate", "fake", str(tmp_path / name)).err == ""
    assert [[e.label for d in call["documents"] for e in d.entities] for call in compared] == [["PER"]] * 3


def test_evaluate_writes_json_and_a_page(run: Run, tmp_path: Path, compared: list[dict[str, Any]]) -> None:
    (tmp_path / "a.conll").write_text("Ann B-PER\n", encoding="utf-8")
    result = run("evaluate", "fake", str(tmp_path / "a.conll"), "--json", "--html", str(tmp_path / "r.html"))
    assert json.loads(result.out)["name"] == "fake"
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.txt", [], "looks like plain text by its name, which holds no annotation: give --format"),
        ("a.conllu", ["--columns", "word"], "--columns and --types are for CoNLL files"),
        ("a.conll", ["--columns", "word,pos"], "--columns: 'pos' is none of word, -, upos, ner"),
        ("a.conll", ["--types", "person"], "--types: 'person' is not of the form OLD=NEW"),
        ("a.conll", [], "a.conll: no such file"),
    ],
)
def test_evaluate_explains(
    run: Run, compared: list[dict[str, Any]], name: str, options: list[str], message: str
) -> None:
    result = run("evaluate", "fake", name, *options)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1


RECIPE = """
[data]
train = "a.conll"
dev = "a.conll"
labels = "ner"
[encoder]
kind = "hashed"
"""


def test_train_hands_on_overrides_and_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def train(recipe: Any, output: Path | None, *, resume: bool, progress: object) -> Any:
        calls.append((recipe.learning.epochs, recipe.seed, output, resume))
        return SimpleNamespace(folder=Path("runs/[x]"), report=Report("fake"))

    monkeypatch.setattr(syntagma.recipes.training, "train", train)
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    sets = ["--set", "learning.epochs=3", "--set", "seed=7"]
    result = run("train", str(tmp_path / "r.toml"), *sets, "--resume", "--output", "here")
    assert result.code == 0, result.err
    assert calls == [(3, 7, Path("here"), True)]
    assert "runs/[x]" in result.out
    run("train", str(tmp_path / "r.toml"))
    assert calls[1][2:] == (None, False)


def test_a_stopped_training_says_how_to_go_on(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(syntagma.recipes.training, "train", train)
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "out.run").mkdir()
    (tmp_path / "out.run" / "run.json").write_text("{}")
    result = run("train", str(tmp_path / "r.toml"), "-o", tmp_path / "out")
    assert result.code == 130
    assert "--resume" in result.err


def test_train_names_a_wrong_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(RECIPE, encoding="utf-8")
    result = run("train", str(tmp_path / "r.toml"), "--set", "learning.epoch=3")
    assert result.code == 2
    assert "unknown key 'epoch'" in result.err
    assert "did you mean 'epochs'?" in result.err
    assert run("train", str(tmp_path / "none.toml")).code == 2
