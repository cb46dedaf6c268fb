"""Word vectors from a file in a whole run: what is kept, what an unseen word has, no need of the file afterwards."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from syntagma.encoders import Static
from syntagma.encoders.vector_files import open_vectors
from syntagma.errors import DataError, RecipeError
from syntagma.recipes import parse_recipe
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.training import train
from syntagma.text.view import View

WORDS = ["the", "Ann", "york", "Rain", "on", "Zanzibar", "rare"]
BUCKETS = 40


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))


def matrix(rows: int) -> NDArray[np.float32]:
    return np.random.default_rng(5).normal(size=(rows, 6)).astype(np.float32)


@pytest.fixture
def text(folder: Path) -> Path:
    rows = [" ".join([word, *map(str, row)]) for word, row in zip(WORDS, matrix(len(WORDS)).tolist(), strict=True)]
    (folder / "small.vec").write_text("\n".join([f"{len(WORDS)} 6", *rows]) + "\n", encoding="utf-8")
    return folder / "small.vec"


@pytest.fixture
def binary(folder: Path) -> Path:
    data = struct.pack("<2i 12i d", 793712314, 12, 6, 5, 5, 1, 5, 1, 1, 2, BUCKETS, 3, 4, 100, 1e-4)
    data += struct.pack("<3i 2q", len(WORDS), len(WORDS), 0, 99, -1)
    data += b"".join(word.encode() + b"\0" + struct.pack("<q b", 9, 0) for word in WORDS)
    table = matrix(len(WORDS) + BUCKETS)
    (folder / "small.bin").write_bytes(data + struct.pack("<? 2q", False, *table.shape) + table.tobytes())
    return folder / "small.bin"


def trained(values: dict[str, Any], folder: Path, **encoder: Any) -> tuple[Static, list[str]]:
    """The encoder of a saved model whose file is gone, and the words that it keeps."""
    values |= {"encoder": {"kind": "word-vectors", "frequent": 0} | encoder, "learning": {"epochs": 1}}
    result = train(parse_recipe(values, folder=folder), folder / "out")
    (folder / encoder["file"]).unlink()
    _, tagger, vocabularies = load_model(result.folder)
    assert isinstance(tagger.encoder, Static)
    return tagger.encoder, vocabularies.words["word-vectors"]


def vectors(encoder: Static, *words: str) -> NDArray[np.float32]:
    with torch.no_grad():
        found: NDArray[np.float32] = encoder([View(words)]).vectors[0].numpy()
    return found


def test_a_model_keeps_the_rows_of_its_words_and_needs_no_file(
    folder: Path, values: dict[str, Any], text: Path
) -> None:
    encoder, words = trained(values, folder, file="small.vec")
    assert sorted(words) == ["Ann", "Rain", "on", "york"]
    found = vectors(encoder, "Ann", "York", "YORK", "Zanzibar", "nowhere")
    np.testing.assert_array_equal(found[:3], matrix(len(WORDS))[[1, 2, 2]])
    np.testing.assert_array_equal(found[3], found[4])
    np.testing.assert_array_equal(found[3], encoder.unknown.detach().numpy())


def test_frequent_and_listed_words_are_kept_too(folder: Path, values: dict[str, Any], text: Path) -> None:
    (folder / "more.txt").write_text("Zanzibar\nunheard\n", encoding="utf-8")
    _, words = trained(values, folder, file="small.vec", frequent=2, words="more.txt", minimum_count=7)
    assert sorted(words) == ["Ann", "Zanzibar", "the", "york"]


def test_with_all_n_grams_every_word_has_the_vector_of_the_file(
    folder: Path, values: dict[str, Any], binary: Path
) -> None:
    asked = ["Ann", "Bob", "unheard", "Zanzibarian", "naïve"]
    expected = open_vectors(binary).vectors(asked)
    encoder, words = trained(values, folder, file="small.bin")
    assert "Bob" in words  # not in the file, but in the training data
    assert "rare" not in words
    np.testing.assert_allclose(vectors(encoder, *asked), expected, rtol=1e-5, atol=1e-6)
    assert not any(parameter.requires_grad for parameter in encoder.ngrams.parameters())  # type: ignore[union-attr]


def test_with_fewer_n_grams_an_unseen_word_is_the_mean_of_those_that_are_kept(
    folder: Path, values: dict[str, Any], binary: Path
) -> None:
    file = open_vectors(binary)
    expected = file.vectors(["Ann", "Bob", "hired"])
    encoder, _ = trained(values, folder, file="small.bin", ngrams=9)
    np.testing.assert_allclose(vectors(encoder, "Ann", "Bob", "hired"), expected, rtol=1e-5, atol=1e-6)
    assert encoder.ngrams is not None
    assert file.subwords is not None
    assert encoder.ngrams.table.weight.shape == (9, 6)
    kept = encoder.ngrams._rows
    of = [bucket for bucket in file.subwords.of("unheard") if bucket in kept]
    rows = matrix(len(WORDS) + BUCKETS)[len(WORDS) :][of]
    assert 0 < len(of) < len(file.subwords.of("unheard"))
    np.testing.assert_allclose(vectors(encoder, "unheard")[0], rows.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(vectors(encoder, "x")[0], encoder.unknown.detach().numpy())


def test_a_file_that_knows_no_word_or_is_bad_stops_the_run_before_it_begins(
    folder: Path, values: dict[str, Any]
) -> None:
    values["encoder"] = {"kind": "word-vectors", "file": "small.vec"}
    for content, message in {
        "мир 1 2\nвойна 3 4\n": "has a vector for none of the training data's words",
        "Ann 1 2\nBob 3\n": "small.vec:2: has 1 numbers where 2 should be",
    }.items():
        (folder / "small.vec").write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=message):
            train(parse_recipe(values, folder=folder), folder / "out")
    (folder / "small.vec").unlink()
    with pytest.raises(DataError, match=r"small\.vec: cannot be read: No such file"):
        train(parse_recipe(values, folder=folder), folder / "out")
    assert not (folder / "out").exists()


def test_one_hot_words_are_those_that_come_often_enough(folder: Path, values: dict[str, Any]) -> None:
    values |= {"encoder": {"kind": "one-hot", "minimum_count": 7, "width": 5}, "learning": {"epochs": 1}}
    result = train(parse_recipe(values, folder=folder), folder / "out")
    _, tagger, vocabularies = load_model(result.folder)
    assert sorted(vocabularies.words["one-hot"]) == [".", "ann", "york"]
    found = tagger.encoder([View(["Ann", "ann", "Bob", "nowhere"])]).vectors[0]
    assert found.shape == (4, 5)
    assert found[0].equal(found[1])
    assert found[2].equal(found[3])
    assert tagger.encoder.table.weight.requires_grad  # type: ignore[union-attr]


def test_two_tables_of_one_name_are_told(folder: Path, values: dict[str, Any]) -> None:
    one = {"kind": "recurrent", "hidden": 4, "of": {"kind": "one-hot"}}
    values["encoder"] = {"kind": "concatenation", "members": [one, {"kind": "convolution", "of": {"kind": "one-hot"}}]}
    with pytest.raises(RecipeError, match=r"two encoders are called 'one-hot'. Give each its own `name`"):
        train(parse_recipe(values, folder=folder), folder / "out")
