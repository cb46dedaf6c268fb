"""An encoder's fingerprint changes with all that its vectors depend on, and with nothing else."""

from __future__ import annotations

import torch

from syntagma.encoders import CharacterLM
from syntagma.encoders.cache import fingerprint, is_cacheable


def character_lm(alphabet: str = "abcdef", frozen: bool = True) -> CharacterLM:
    torch.manual_seed(1)
    return CharacterLM(alphabet, embedding=4, hidden=3, frozen=frozen).eval()


def test_the_same_encoder_again_has_the_same_fingerprint() -> None:
    assert fingerprint(character_lm()) == fingerprint(character_lm())
    assert len(fingerprint(character_lm())) == 64


def test_weights_and_alphabet_count() -> None:
    other = character_lm()
    with torch.no_grad():
        other.embedding.weight[2, 1] += 1e-6
    prints = {fingerprint(encoder) for encoder in (character_lm(), other, character_lm("abcdfe"))}
    assert len(prints) == 3


def test_what_learns_is_not_cacheable() -> None:
    assert is_cacheable(character_lm())
    assert not is_cacheable(character_lm(frozen=False))
