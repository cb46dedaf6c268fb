"""Hashed features: one vector a word, wherever it stands."""

from __future__ import annotations

import copy

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.errors import RecipeError
from syntagma.text.view import View

SENTENCES = [["A", "cat", "A", "cats"], [], ["A"], ["\ud800", "\x00", "", "👩‍👩‍👧", "x" * 1_000_000]]
VIEWS = [View(words) for words in SENTENCES]


def test_alone_equals_in_a_batch_and_padding_is_zero() -> None:
    encoder = Hashed(width=8, rows=50).eval()
    vectors, lengths = encoder(VIEWS)
    assert vectors.shape == (4, 5, 8)
    assert lengths.tolist() == [4, 0, 1, 5]
    for row, words in enumerate(SENTENCES):
        torch.testing.assert_close(vectors[row, : len(words)], encoder([View(words)]).vectors[0])
        assert not vectors[row, len(words) :].any()


def test_a_word_has_one_vector_and_words_that_differ_have_others() -> None:
    vectors = Hashed(width=8, rows=50)(VIEWS).vectors
    assert torch.equal(vectors[0, 0], vectors[0, 2])
    assert torch.equal(vectors[0, 0], vectors[2, 0])
    assert not torch.allclose(vectors[0, 1], vectors[0, 3])


def test_context_is_not_looked_at() -> None:
    encoder = Hashed(width=8, rows=50)
    assert torch.equal(encoder([View(["a"], [["b"]])]).vectors, encoder([View(["a"])]).vectors)


def test_no_words_at_all() -> None:
    encoder = Hashed(width=8, rows=50)
    assert encoder([]).vectors.shape == (0, 0, 8)
    assert encoder([View([])]).vectors.shape == (1, 0, 8)


@pytest.mark.parametrize("activation", ["maxout", "gelu"])
def test_every_weight_learns(activation: str) -> None:
    encoder = Hashed(width=8, rows={"norm": 5, "shape": 3}, features=("norm", "shape"), activation=activation)
    encoder([View(["one", "Two", "three", "4", "five"])]).vectors.square().mul(torch.arange(8)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in encoder.parameters())


def test_a_full_cache_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syntagma.encoders.hashed._CACHED_WORDS", 3)
    encoder = Hashed(width=8, rows=50)
    views = [View([f"w{at}"]) for at in range(9)]
    torch.testing.assert_close(encoder(views).vectors, encoder(views).vectors)
    encoder([View(["a"])])
    assert len(encoder._cache) == 1


def test_a_copy_is_independent_and_equal() -> None:
    encoder = Hashed(width=8, rows=50)
    torch.testing.assert_close(copy.deepcopy(encoder)(VIEWS).vectors, encoder(VIEWS).vectors)


def test_wrong_settings_are_told() -> None:
    with pytest.raises(RecipeError, match="rows and features disagree about: shape, suffix"):
        Hashed(rows={"norm": 5, "shape": 3}, features=("norm", "suffix"))
    with pytest.raises(RecipeError, match="without features"):
        Hashed(features=())
    with pytest.raises(RecipeError, match="activation = 'relu' is not known"):
        Hashed(activation="relu")
