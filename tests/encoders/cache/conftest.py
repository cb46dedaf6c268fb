"""A small frozen encoder that depends on its whole sentence, and sentences for it."""

from __future__ import annotations

import pytest
import torch

from syntagma.encoders import CharacterLM
from syntagma.text.view import View

TEXTS = ["a cab", "bad ace", "a", "deaf cafe bead", "", "added"]


@pytest.fixture
def encoder() -> CharacterLM:
    return character_lm()


def character_lm(seed: int = 1, alphabet: str = "abcdef") -> CharacterLM:
    torch.manual_seed(seed)
    return CharacterLM(alphabet, embedding=4, hidden=3).eval()


@pytest.fixture
def views() -> list[View]:
    return [View(text.split()) for text in TEXTS]
