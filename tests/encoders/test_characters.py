"""Character encoders: spelling, unknown characters, long words, and each word's vector as if it were alone."""

from __future__ import annotations

import pytest
import torch

from syntagma.encoders import CharacterCNN, CharacterLSTM
from syntagma.encoders.alphabet import Alphabet
from syntagma.text.view import View

CPU = torch.device("cpu")


def test_spelling_by_hand() -> None:
    numbers, lengths = Alphabet("abb").spell(["ba", "a?b", ""], CPU)
    assert len(Alphabet("abb")) == 4
    assert numbers.tolist() == [[3, 2, 0], [2, 1, 3], [1, 0, 0]]
    assert lengths.tolist() == [2, 3, 1]


def test_a_long_word_is_spelt_by_its_ends() -> None:
    numbers, lengths = Alphabet("abc").spell(["a" * 32 + "b" * 1000 + "c" * 32, "b" * 64], CPU)
    assert lengths.tolist() == [64, 64]
    assert numbers.tolist() == [[2] * 32 + [4] * 32, [3] * 64]


def test_the_lstm_gives_the_final_states_of_both_directions() -> None:
    encoder = CharacterLSTM("abcdef", embedding=5, hidden=4).eval()
    vectors = encoder([View(["fed", "abcdef", "a"])]).vectors[0]
    for at, word in enumerate(["fed", "abcdef", "a"]):
        states, _ = encoder.network(encoder.embedding(Alphabet("abcdef").spell([word], CPU)[0]))
        expected = torch.cat([states[0, -1, :4], states[0, 0, 4:]])
        torch.testing.assert_close(vectors[at], expected, atol=1e-6, rtol=1e-5)


def test_the_cnn_gives_the_largest_values_over_the_word_alone() -> None:
    encoder = CharacterCNN("abcdef", embedding=5, hidden=4).eval()
    torch.nn.init.constant_(encoder.filters.bias, -5.0)  # all values negative: padding of zeros would win
    vectors = encoder([View(["fed", "abcdef" * 5, "a"])]).vectors[0]
    for at, word in enumerate(["fed", "abcdef" * 5, "a"]):
        found = encoder.filters(encoder.embedding(Alphabet("abcdef").spell([word], CPU)[0]).transpose(1, 2))
        torch.testing.assert_close(vectors[at], found[0].amax(-1), atol=1e-6, rtol=1e-5)
    assert (vectors < 0).all()


@pytest.mark.parametrize("network", [CharacterLSTM, CharacterCNN])
def test_characters_outside_the_alphabet_are_all_the_same(network: type[CharacterLSTM | CharacterCNN]) -> None:
    encoder = network("abc").eval()
    vectors = encoder([View(["aζ", "a漢", "ab", "ba"])]).vectors[0]
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.allclose(vectors[0], vectors[2])
    assert not torch.allclose(vectors[2], vectors[3])
    assert encoder.width == vectors.shape[1]
