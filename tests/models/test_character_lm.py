"""Character language models while they learn: the loss by hand, padding, perplexity, learning a pattern."""

from __future__ import annotations

import math

import pytest
import torch

from syntagma.encoders import CharacterLM
from syntagma.models import CharacterLanguageModels

TEXTS = ["abab", "b", "", "aabbx"]


@pytest.fixture
def models() -> CharacterLanguageModels:
    torch.manual_seed(4)
    return CharacterLanguageModels(CharacterLM("\nab", 4, 5, frozen=False), dropout=0.0)


def by_hand(models: CharacterLanguageModels, text: str, direction: str) -> list[float]:
    """Minus the log-probability of every next character and of the edge behind the last."""
    number = {"\n": 2, "a": 3, "b": 4}
    read = ["\n", *(text if direction == "forwards" else reversed(text)), "\n"]
    ids = [number.get(character, 1) for character in read]
    states = models.encoder.networks[direction](models.encoder.embedding(torch.tensor([ids[:-1]])))[0][0]
    scores = models.outputs[direction](states).log_softmax(-1).detach()
    return [-float(scores[at, following]) for at, following in enumerate(ids[1:])]


@pytest.mark.parametrize("direction", ["forwards", "backwards"])
def test_the_cross_entropy_is_that_of_every_text_alone(models: CharacterLanguageModels, direction: str) -> None:
    mean, count = models.cross_entropy(TEXTS, direction)  # type: ignore[arg-type]
    expected = [nats for text in TEXTS for nats in by_hand(models, text, direction)]
    assert count == len(expected) == sum(len(text) + 1 for text in TEXTS)
    assert mean.item() == pytest.approx(sum(expected) / count, abs=1e-5)


def test_loss_and_perplexity_agree_whatever_the_batches(models: CharacterLanguageModels) -> None:
    whole, parts = models.perplexity([TEXTS]), models.perplexity([TEXTS[:1], TEXTS[1:3], TEXTS[3:]])
    assert parts == pytest.approx(whole, rel=1e-5)
    mean = sum(math.log(value) for value in whole.values()) / 2
    assert models.loss(TEXTS).item() == pytest.approx(mean, abs=1e-5)


def test_a_pattern_is_learned_in_both_directions(models: CharacterLanguageModels) -> None:
    optimizer = torch.optim.Adam(models.parameters(), lr=0.05)
    texts = ["ab" * 6, "ab" * 9]
    for _ in range(80):
        optimizer.zero_grad()
        models.loss(texts).backward()
        optimizer.step()
    assert max(models.perplexity([texts]).values()) < 1.3
    assert all(parameter.grad is not None for parameter in models.parameters())
