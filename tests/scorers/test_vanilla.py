"""The vanilla potential against its formula."""

from __future__ import annotations

import torch

from syntagma.scorers import Vanilla
from syntagma.structures import LinearChain


def test_scores_and_parameter_count() -> None:
    scorer = Vanilla(6, 5)
    assert sum(parameter.numel() for parameter in scorer.parameters()) == 6 * 5 + 5 + 5 * 5 + 2 * 5
    assert not scorer.transitions.any()
    vectors = torch.randn(2, 3, 6)
    scores = scorer(vectors)
    expected = torch.einsum("bnd,kd->bnk", vectors, scorer.emission.weight) + scorer.emission.bias
    torch.testing.assert_close(scores.emissions, expected)


def test_it_learns_a_transition() -> None:
    """Labels that alternate whatever the word is: only the transitions can say so."""
    torch.manual_seed(0)
    scorer, vectors, labels = Vanilla(4, 2), torch.randn(16, 6, 4), torch.tensor([0, 1, 0, 1, 0, 1]).expand(16, -1)
    optimizer = torch.optim.Adam(scorer.parameters(), 0.1)
    for _ in range(60):
        optimizer.zero_grad()
        (-LinearChain(*scorer(vectors)).log_prob(labels).mean()).backward()
        optimizer.step()
    fresh = LinearChain(*scorer(torch.randn(8, 6, 4)))
    assert (fresh.argmax().labels == labels[:8]).all()
    assert scorer.transitions[0, 1] > scorer.transitions[0, 0]
