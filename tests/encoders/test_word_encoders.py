"""What holds of every encoder that needs no pretrained model: batches, padding, odd words, gradients, copies."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch

from syntagma.encoders import (
    Bytes,
    CharacterCNN,
    CharacterLM,
    CharacterLSTM,
    Concatenation,
    Convolution,
    Encoder,
    Hashed,
    NgramVectors,
    Recurrent,
    Static,
    Subwords,
)
from syntagma.text.view import View

ODD = ["\ud800", "\x00", "", "👩‍👩‍👧", "e\u0301", "\u200d", "x" * 1_000_000]
SENTENCES = [["A", "cat", "sat", "on", "a", "cat"], [], ["A"], ODD, ["on", "a", "cat"]]
VIEWS = [View(words) for words in SENTENCES]
MAKERS: dict[str, Callable[[], Encoder]] = {
    "hashed": lambda: Hashed(width=8, rows=50),
    "character lstm": lambda: CharacterLSTM("actson", embedding=5, hidden=4),
    "character cnn": lambda: CharacterCNN("actson", embedding=5, hidden=4),
    "byte lstm": lambda: CharacterLSTM(Bytes(), embedding=5, hidden=4),
    "byte cnn": lambda: CharacterCNN(Bytes(), embedding=5, hidden=4),
    "static": lambda: Static(["cat", "a"], torch.randn(2, 6), 6, frozen=False),
    "static with n-grams": lambda: Static(
        ["cat", "a"],
        torch.randn(2, 6),
        6,
        frozen=False,
        ngrams=NgramVectors(Subwords(2, 3, 20), range(0, 20, 2), torch.randn(10, 6), 6),
    ),
    "character lm": lambda: CharacterLM("\nactson ", embedding=5, hidden=4, frozen=False),
    "convolution": lambda: Convolution(Hashed(width=8, rows=50), width=6, layers=2, window=2),
    "convolution, gelu": lambda: Convolution(Hashed(width=8, rows=50), width=8, layers=3, activation="gelu"),
    "recurrent lstm": lambda: Recurrent(Hashed(width=8, rows=50), hidden=5),
    "recurrent gru": lambda: Recurrent(CharacterLSTM("act", 5, 4), hidden=5, layers=2, cell="gru"),
    "concatenation": lambda: Concatenation({"hashed": Hashed(width=8, rows=50), "static": Static(["a"], None, 4)}),
}


@pytest.fixture(params=MAKERS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    torch.manual_seed(1)
    return MAKERS[request.param]().eval()


def test_alone_equals_in_a_batch_and_padding_is_zero(encoder: Encoder) -> None:
    vectors, lengths = encoder(VIEWS)
    assert vectors.shape == (5, 7, encoder.width)
    assert vectors.dtype == torch.float32
    assert lengths.tolist() == [6, 0, 1, 7, 3]
    for row, words in enumerate(SENTENCES):
        alone = encoder([View(words)]).vectors
        assert alone.shape == (1, len(words), encoder.width)
        torch.testing.assert_close(vectors[row, : len(words)], alone[0], atol=1e-6, rtol=1e-5)
        assert not vectors[row, len(words) :].any()
    assert vectors.isfinite().all()


def test_order_in_the_batch_does_not_matter(encoder: Encoder) -> None:
    forward, backward = encoder(VIEWS).vectors, encoder(VIEWS[::-1]).vectors
    torch.testing.assert_close(forward, backward.flip(0), atol=1e-6, rtol=1e-5)


def test_no_words_at_all(encoder: Encoder) -> None:
    assert encoder([]).vectors.shape == (0, 0, encoder.width)
    assert encoder([]).lengths.shape == (0,)
    assert encoder([View([]), View([])]).vectors.shape == (2, 0, encoder.width)


def test_context_is_not_looked_at(encoder: Encoder) -> None:
    torch.testing.assert_close(encoder([View(["a"], [["b", "cat"]])]).vectors, encoder([View(["a"])]).vectors)


def test_weights_learn(encoder: Encoder) -> None:
    torch.manual_seed(0)
    encoder.train()(VIEWS).vectors.square().mul(torch.arange(encoder.width)).sum().backward()
    learned = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in learned)
    assert sum(bool(parameter.grad.any()) for parameter in learned) == len(learned)


def test_training_on_no_words_gives_a_gradient_of_zero_or_none(encoder: Encoder) -> None:
    vectors = encoder.train()([View([])]).vectors
    assert vectors.sum() == 0


def test_mixed_precision_stays_close(encoder: Encoder) -> None:
    expected = encoder(VIEWS).vectors
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = encoder(VIEWS).vectors
    torch.testing.assert_close(found.float(), expected, atol=0.1, rtol=0.1)
    found.float().sum().backward()


def test_a_copy_and_loaded_weights_give_the_same(encoder: Encoder, request: pytest.FixtureRequest) -> None:
    expected = encoder(VIEWS).vectors
    torch.testing.assert_close(copy.deepcopy(encoder)(VIEWS).vectors, expected)
    torch.manual_seed(2)
    fresh = MAKERS[request.node.callspec.params["encoder"]]().eval()
    fresh.load_state_dict(encoder.state_dict())
    torch.testing.assert_close(fresh(VIEWS).vectors, expected)
