"""The recurrent encoder against the library's network, run on one sentence without padding."""

from __future__ import annotations

import pytest
import torch

from syntagma.encoders import Hashed, Recurrent
from syntagma.errors import RecipeError
from syntagma.text.view import View


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_each_sentence_is_read_as_if_alone(cell: str) -> None:
    encoder = Recurrent(Hashed(width=8, rows=50), hidden=5, layers=2, cell=cell).eval()
    sentences = [["a", "b", "c"], ["d"], [], ["e", "f"]]
    vectors = encoder([View(words) for words in sentences]).vectors
    assert vectors.shape == (4, 3, 10)
    for row, words in enumerate(sentences):
        if words:
            expected, _ = encoder.network(encoder.inner([View(words)]).vectors)
            torch.testing.assert_close(vectors[row, : len(words)], expected[0], atol=1e-6, rtol=1e-5)


def test_dropout_acts_only_while_training() -> None:
    encoder = Recurrent(Hashed(width=8, rows=50), hidden=5)
    views = [View(["a", "b"])]
    assert not torch.equal(encoder.train()(views).vectors, encoder(views).vectors)
    assert torch.equal(encoder.eval()(views).vectors, encoder(views).vectors)


def test_an_unknown_cell_is_told() -> None:
    with pytest.raises(RecipeError, match=r"cell = 'rnn' is not known\. Choose one of: lstm, gru"):
        Recurrent(Hashed(width=8, rows=50), cell="rnn")
