"""load(): where models come from, and what is said of one that is not whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from syntagma.errors import ModelError
from syntagma.pipeline import load

FILES = ["recipe.toml", "weights.safetensors", "vocabularies.json", "README.md", "manifest.json"]


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=rf"copy: the file {name} is missing"):
        load(copy)


@pytest.mark.parametrize("name", FILES[:-1])
def test_a_changed_file_is_named(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"copy: the file {name} is not the one that was saved"):
        load(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: "nonsense", "is not a manifest"),
        (lambda m: json.dumps([]), "is not a manifest"),
        (lambda m: json.dumps({**m, "files": {"recipe.toml": 3}}), "is not a manifest"),
        (lambda m: json.dumps({**m, "format": 99}), r"has format 99, this version reads format 1.*train it again"),
    ],
)
def test_a_wrong_manifest(copy: Path, change: Callable[[dict[str, object]], str], message: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(change(manifest))
    with pytest.raises(ModelError, match=message):
        load(copy)


def test_a_file_outside_the_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    outside = tmp_path / "weights.safetensors"
    shutil.move(copy / "weights.safetensors", outside)
    (copy / "weights.safetensors").symlink_to(outside)
    with pytest.raises(ModelError, match="lies outside the folder"):
        load(copy)


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no model 'en-smal'.*Give a folder"):
        load("en-smal")
    with pytest.raises(ModelError, match=r"the file manifest\.json is missing"):
        load(tmp_path)


def test_layers_can_be_left_out(model_folder: Path) -> None:
    everything = load(model_folder)("Ann met Bob.")
    for layers in ("ner", ["ner"]):
        pipeline = load(model_folder, layers=layers)
        document = pipeline("Ann met Bob.")
        assert pipeline.labels.keys() == {"ner"}
        assert document.entities == everything.entities
        assert [token.upos for token in document.tokens] == [None] * 4
    assert list(load(model_folder, layers=["ner", "upos"]).labels) == ["upos", "ner"]


def test_a_layer_that_the_model_lacks(model_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"has no layer 'trees'; it has upos, ner"):
        load(model_folder, layers=["ner", "trees"])


def test_a_hub_id_is_looked_up_in_the_hub_layout(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub", reason="the extra `transformers` is not installed")
    revision = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "hub" / "models--someone--tiny"
    shutil.copytree(model_folder, repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr(
        "huggingface_hub._snapshot_download.constants.HF_HUB_CACHE", str(tmp_path / "hub"), raising=False
    )
    assert load("someone/tiny").origin == "hub someone/tiny"
    with pytest.raises(ModelError, match="'someone/other' is no folder, and the hub did not give it"):
        load("someone/other")
