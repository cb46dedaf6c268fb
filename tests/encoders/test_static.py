"""The table of word vectors: which row a word finds, what is learned, what is wrong."""

from __future__ import annotations

import pytest
import torch

from syntagma.encoders import Static
from syntagma.errors import RecipeError
from syntagma.text.view import View

WORDS = ["cat", "Paris", "0000", "b-00", "cat"]
VECTORS = torch.arange(10.0).view(5, 2)


@pytest.mark.parametrize(
    ("word", "row"),
    [("cat", 0), ("CAT", 0), ("Paris", 1), ("1984", 2), ("٣٤٥٦", 2), ("B-17", 3), ("b-17", 3), ("0000", 2)],
)
def test_a_word_is_found_as_it_stands_or_simplified(word: str, row: int) -> None:
    encoder = Static(WORDS, VECTORS, 2)
    assert torch.equal(encoder([View([word])]).vectors[0, 0], VECTORS[row])


@pytest.mark.parametrize("word", ["paris", "dog", "", "19845"])
def test_a_word_that_is_not_found_has_the_learned_vector(word: str) -> None:
    encoder = Static(WORDS, VECTORS, 2)
    assert torch.equal(encoder([View(["cat", word])]).vectors[0, 1], encoder.unknown)
    assert torch.equal(encoder.unknown, VECTORS.mean(0))


def test_a_frozen_table_stays_and_the_unknown_vector_learns() -> None:
    for frozen in (True, False):
        encoder = Static(WORDS, VECTORS, 2, frozen=frozen)
        encoder([View(["cat", "dog"])]).vectors.sum().backward()
        assert encoder.unknown.grad is not None
        assert (encoder.table.weight.grad is None) == frozen


def test_the_given_vectors_are_copied() -> None:
    vectors = VECTORS.clone()
    encoder = Static(WORDS, vectors, 2)
    vectors.zero_()
    assert torch.equal(encoder.table.weight, VECTORS)


def test_an_empty_table() -> None:
    assert Static([], None, 3)([View(["a", "b"])]).vectors.shape == (1, 2, 3)


def test_vectors_of_another_shape_are_told() -> None:
    with pytest.raises(RecipeError, match=r"word vectors of shape \[5, 2\] for 5 words of width 3"):
        Static(WORDS, VECTORS, 3)
