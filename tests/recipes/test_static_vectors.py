"""Static tables condensed from a teacher: principal components, words from data and file, kept with the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from syntagma.recipes import parse_recipe
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.static_vectors import condensed
from syntagma.recipes.training import train
from syntagma.text.view import View


def test_condensing_keeps_the_strongest_directions() -> None:
    torch.manual_seed(0)
    hidden = torch.randn(500, 3, dtype=torch.float64) * torch.tensor([5.0, 2.0, 1.0])
    turn = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))[0]
    rows = (torch.cat([hidden, torch.zeros(500, 5, dtype=torch.float64)], 1) @ turn) + 7.0
    kept = condensed(rows, 3)
    assert abs(kept.std().item() - 1.0) < 1e-9
    # distances between words are those of the teacher, but for one factor
    factor = torch.cdist(rows, rows).sum() / torch.cdist(kept, kept).sum()
    torch.testing.assert_close(torch.cdist(kept, kept) * factor, torch.cdist(rows, rows), rtol=1e-6, atol=1e-5)


def test_a_student_reads_words_through_its_teacher(folder: Path, values: dict[str, Any]) -> None:
    train(parse_recipe(values, folder=folder), folder / "teacher")
    (folder / "words.txt").write_text("Zanzibar\nlisbon\n")
    static = {"kind": "static", "teacher": "teacher", "width": 4, "words": "words.txt", "minimum_count": 7}
    values |= {"name": "student", "encoder": static}
    result = train(parse_recipe(values, folder=folder), folder / "student")
    _, tagger, vocabularies = load_model(result.folder)
    known = vocabularies.words["static"]
    assert known[-2:] == ["Zanzibar", "lisbon"]
    assert "ann" in known  # twelve times in the data, whatever its case
    assert "bob" not in known  # six times
    vectors = tagger.encoder([View(["Ann", "ann", "Lisbon", "nowhere", "Bob"])]).vectors[0]
    assert vectors[0].equal(vectors[1])
    assert vectors[3].equal(vectors[4])
    assert not vectors[2].equal(vectors[3])
