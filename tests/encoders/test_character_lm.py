"""Character language models as an encoder: which state stands for a word, seen from both sides; odd words; freezing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from syntagma.encoders import CharacterLM
from syntagma.text.view import View

LETTERS = "\n abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def encoder() -> CharacterLM:
    torch.manual_seed(4)
    return CharacterLM(LETTERS, embedding=5, hidden=6).eval()


def final_state(encoder: CharacterLM, direction: str, text: str) -> torch.Tensor:
    """The state after a whole text, which begins at the edge, by the network's own call."""
    numbers = encoder.alphabet.number(["\n" + text], torch.device("cpu"))
    state: torch.Tensor = encoder.networks[direction](encoder.embedding(numbers))[1][0][-1, 0]
    return state


def test_a_word_is_read_up_to_its_last_character_and_down_to_its_first(encoder: CharacterLM) -> None:
    words = ["the", "cat", "", "is", "a", ""]
    vectors = encoder([View(words)]).vectors[0]
    for at in range(len(words)):
        before, after = " ".join(words[: at + 1]), " ".join(words[at:])
        torch.testing.assert_close(vectors[at, :6], final_state(encoder, "forwards", before))
        torch.testing.assert_close(vectors[at, 6:], final_state(encoder, "backwards", after[::-1]))


def test_a_word_depends_on_its_sentence_on_both_sides(encoder: CharacterLM) -> None:
    def halves(words: Sequence[str], at: int) -> list[torch.Tensor]:
        return list(encoder([View(words)]).vectors[0, at].split(6))

    forwards, backwards = halves(["the", "cat", "is"], 1)
    left, right = halves(["a", "cat", "is"], 1), halves(["the", "cat", "was"], 1)
    assert not torch.allclose(left[0], forwards)
    torch.testing.assert_close(left[1], backwards)
    torch.testing.assert_close(right[0], forwards)
    assert not torch.allclose(right[1], backwards)


def test_a_long_word_is_read_by_its_ends(encoder: CharacterLM) -> None:
    long = encoder([View(["a", "b" * 500_000 + "c" * 500_000, "d"])]).vectors
    torch.testing.assert_close(long, encoder([View(["a", "b" * 32 + "c" * 32, "d"])]).vectors)


def test_frozen_weights_get_no_gradient_and_no_training_mode() -> None:
    for frozen in (True, False):
        encoder = CharacterLM(LETTERS, 5, 6, 2, frozen=frozen).train()
        vectors = encoder([View(["a", "cat"])]).vectors
        assert vectors.requires_grad != frozen
        assert all(parameter.requires_grad != frozen for parameter in encoder.parameters())
        assert encoder.training != frozen
