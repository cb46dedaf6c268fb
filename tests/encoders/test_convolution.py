"""The convolution against its formula, sentence by sentence, and what a word can see."""

from __future__ import annotations

import torch

from syntagma.encoders import Convolution, Hashed
from syntagma.text.view import View


def by_hand(encoder: Convolution, vectors: torch.Tensor) -> torch.Tensor:
    """One sentence `[words, width]`, word by word."""
    rows = encoder.enter(vectors)
    for layer in encoder.layers:
        edge = rows.new_zeros(encoder.window, rows.shape[1])
        padded = torch.cat([edge, rows, edge])
        seen = [padded[at : at + 2 * encoder.window + 1].flatten() for at in range(len(rows))]
        rows = torch.stack([row + layer.norm(layer.mix(window)) for row, window in zip(rows, seen, strict=True)])
    return rows


def test_the_batch_is_the_formula_for_each_sentence() -> None:
    torch.manual_seed(0)
    for window, width in [(1, 8), (2, 6)]:
        inner = Hashed(width=8, rows=50)
        encoder = Convolution(inner, width=width, layers=3, window=window).eval()
        sentences = [list("abcde"), list("x"), [], list("yz")]
        vectors, lengths = encoder([View(words) for words in sentences])
        words = inner([View(words) for words in sentences]).vectors
        for row, length in enumerate(lengths.tolist()):
            if length:
                expected = by_hand(encoder, words[row, :length])
                torch.testing.assert_close(vectors[row, :length], expected, atol=1e-5, rtol=1e-5)


def test_a_word_sees_so_far_and_no_farther() -> None:
    encoder = Convolution(Hashed(width=8, rows=50), width=8, layers=2, window=1).eval()
    words = list("abcdefgh")
    before = encoder([View(words)]).vectors[0]
    words[4] = "other"
    changed = (encoder([View(words)]).vectors[0] - before).abs().amax(-1) > 1e-6
    assert changed.nonzero().flatten().tolist() == [2, 3, 4, 5, 6]


def test_dropout_acts_only_while_training() -> None:
    encoder = Convolution(Hashed(width=8, rows=50), width=8, dropout=0.5)
    views = [View(["a", "b"])]
    assert not torch.equal(encoder.train()(views).vectors, encoder(views).vectors)
    assert torch.equal(encoder.eval()(views).vectors, encoder(views).vectors)
