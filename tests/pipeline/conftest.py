"""A small model of our own, trained once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from syntagma.pipeline import Pipeline, load
from syntagma.recipes import parse_recipe
from syntagma.recipes.training import train

ROWS = """\
Ann\tPROPN\tB-PER
met\tVERB\tO
Bob\tPROPN\tB-PER
in\tADP\tO
New\tPROPN\tB-LOC
York\tPROPN\tI-LOC
.\tPUNCT\tO

Acme\tPROPN\tB-ORG
hired\tVERB\tO
Ann\tPROPN\tB-PER
Lee\tPROPN\tI-PER
.\tPUNCT\tO

"""


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "train.conll").write_text(ROWS * 8, encoding="utf-8")
    source = {"path": "train.conll", "columns": ["word", "upos", "ner"], "name": "two sentences", "licence": "CC0"}
    recipe = parse_recipe(
        {
            "name": "tiny",
            "data": {"train": [source], "dev": [source], "labels": ["upos", "ner"]},
            "encoder": {"kind": "convolution", "width": 16, "layers": 1, "of": {"kind": "hashed", "width": 16}},
            "learning": {"epochs": 12, "batch_words": 60, "learning_rate": 0.02},
        },
        folder=folder,
    )
    return train(recipe, folder / "tiny").folder


@pytest.fixture
def pipeline(model_folder: Path) -> Pipeline:
    return load(model_folder)
