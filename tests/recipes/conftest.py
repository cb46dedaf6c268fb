"""A small corpus of our own and a recipe over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

SENTENCES = [
    ("Ann B-PER met O Bob B-PER in O New B-LOC York I-LOC . O", 6),
    ("Acme B-ORG hired O Ann B-PER Lee I-PER . O", 6),
    ("Rain O fell O on O York B-LOC . O", 6),
]


def corpus() -> str:
    rows = []
    for text, times in SENTENCES:
        parts = text.split()
        rows.append("".join(f"{word}\t{tag}\n" for word, tag in zip(parts[::2], parts[1::2], strict=True)) + "\n")
        rows[-1] *= times
    return "".join(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.conll").write_text(corpus(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def values() -> dict[str, Any]:
    return {
        "name": "tiny",
        "data": {"train": "train.conll", "dev": "train.conll", "labels": "ner"},
        "encoder": {
            "kind": "recurrent",
            "hidden": 8,
            "dropout": 0.1,
            "of": {
                "kind": "concatenation",
                "members": [{"kind": "hashed", "width": 8}, {"kind": "characters", "hidden": 4, "embedding": 4}],
            },
        },
        "learning": {"epochs": 3, "batch_words": 40, "learning_rate": 0.01},
    }
