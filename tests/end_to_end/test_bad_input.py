"""Everything a user can get wrong, by the command and a real model: one message, code 2, nothing half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from syntagma.cli import main

Run = Callable[..., tuple[int, str, str]]

RECIPE = """
name = "tiny"
[data]
train = "train.conll"
dev = "train.conll"
labels = "ner"
[encoder]
kind = "hashed"
width = 8
[learning]
epochs = 1
"""
GOOD = "Ann\tB-PER\nmet\tO\nBob\tB-PER\n\n" * 4


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """The command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def model(run: Run, tmp_path: Path) -> str:
    """A model of our own, trained by the command."""
    (tmp_path / "train.conll").write_text(GOOD)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    assert run("train", "recipe.toml", "--output", "tiny")[0] == 0
    return "tiny"


def refused(result: tuple[int, str, str], *parts: str) -> None:
    code, _, errors = result
    assert code == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert "Traceback" not in errors
    for part in parts:
        assert part in errors


def test_files_that_cannot_be_annotated(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "binary.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    (tmp_path / "latin.txt").write_bytes("Zürich\nist schön".encode("latin-1"))
    refused(run("annotate", "gone.txt", "--model", model), "gone.txt: no such file")
    refused(run("annotate", "binary.txt", "--model", model, "-o", "out.jsonl"), "binary.txt")
    refused(run("annotate", "latin.txt", "--model", model, "-o", "out.jsonl"), "latin.txt:1", "UTF-8")
    assert not (tmp_path / "out.jsonl").exists()


def test_ragged_columns(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(GOOD + "Ann\tB-PER\textra\tmore\n")
    refused(run("train", "recipe.toml", "--output", "new"), "train.conll:17", "columns")
    assert not (tmp_path / "new").exists()


def test_an_unknown_label(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(GOOD + "Ann\tQ-PER\n")
    refused(run("train", "recipe.toml", "--output", "new"), "train.conll:17", "Q-PER")
    (tmp_path / "types.conll").write_text("Ann\tB-PERSON\n\n")
    refused(run("evaluate", model, "types.conll", "--types", "PER=PER"), "types.conll:1", "PERSON")


def test_empty_input_is_no_mistake(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "blank.txt").write_text(" \n\n \t\n")
    code, out, _ = run("annotate", "empty.txt", "blank.txt", "--model", model, "--json")
    assert code == 0
    assert [json.loads(line)["tokens"] for line in out.splitlines()] == [[], []]
    (tmp_path / "train.conll").write_text("\n\n" + GOOD + "\n\n\n")
    assert run("train", "recipe.toml", "--output", "new")[0] == 0
    (tmp_path / "none.conll").write_text("\n\n")
    refused(run("evaluate", model, "none.conll"), "none.conll")


def test_a_word_of_a_million_characters(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("Ann met " + "x" * 1_000_000 + " .")
    code, out, _ = run("annotate", "long.txt", "--model", model, "--json")
    assert code == 0
    documents = [json.loads(line) for line in out.splitlines()]
    assert "".join(document["text"] for document in documents) == (tmp_path / "long.txt").read_text()
    lengths = [token["end"] - token["start"] for document in documents for token in document["tokens"]]
    assert sorted(lengths) == [1, 3, 3, 1_000_000]


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.toml", "vocabularies.json", "manifest.json"])
def test_a_model_that_is_not_whole(run: Run, model: str, tmp_path: Path, name: str) -> None:
    shutil.copytree(tmp_path / model, tmp_path / "missing")
    (tmp_path / "missing" / name).unlink()
    refused(run("annotate", "some words", "--model", "missing"), f"the file {name} is missing")
    shutil.copytree(tmp_path / model, tmp_path / "changed")
    (tmp_path / "changed" / name).write_bytes(b"{}")
    refused(run("annotate", "some words", "--model", "changed"), name)


def test_a_recipe_with_a_wrong_key(run: Run, model: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(RECIPE.replace("width", "widht"))
    refused(run("train", "wrong.toml"), "wrong.toml", "'widht'", "[encoder]", "'width'")
    refused(run("train", "recipe.toml", "--set", "learning.epoch=3"), "'epoch'", "[learning]", "'epochs'")
    assert not (tmp_path / "runs").exists()


def test_a_disk_that_is_full(
    run: Run, model: str, tmp_path: Path, tight_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    before = (tmp_path / model / "manifest.json").read_bytes()
    with tight_disk(2000):
        refused(run("train", "recipe.toml", "--output", model), "could not be written")
        refused(run("annotate", "Ann met Bob. " * 400, "--model", model, "-o", "out.jsonl"), "out.jsonl", "written")
    assert (tmp_path / model / "manifest.json").read_bytes() == before
    assert not (tmp_path / "out.jsonl").exists()
    assert not list(tmp_path.rglob("*.part"))
