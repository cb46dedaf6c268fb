"""Words as bytes: every script, odd words, long ones."""

from __future__ import annotations

import torch

from syntagma.encoders import Bytes, CharacterCNN
from syntagma.text.view import View

CPU = torch.device("cpu")


def test_numbers_are_bytes_from_two_on() -> None:
    numbers, lengths = Bytes().spell(["aé", "", "\ud800"], CPU)
    assert numbers.tolist() == [[99, 197, 171, 0][:3], [1, 0, 0], [239, 162, 130]]
    assert lengths.tolist() == [3, 1, 3]
    assert len(Bytes()) == 258


def test_a_long_word_is_spelt_by_its_ends() -> None:
    numbers, lengths = Bytes().spell(["日" * 100_000 + "本" * 100_000], CPU)
    assert lengths.tolist() == [192]
    assert numbers.equal(Bytes().spell(["日" * 32 + "本" * 32], CPU)[0])


def test_words_of_any_script_differ() -> None:
    encoder = CharacterCNN(Bytes(), 8, 16).eval()
    words = ["日本", "本日", "мир", "naïve", "naive", "Naive"]
    vectors = encoder([View(words)]).vectors[0]
    assert len({tuple(vector.tolist()) for vector in vectors}) == len(words)
