"""SparseMixer's routing: against transformers' function, and the rule by hand."""

from __future__ import annotations

import pytest
import torch

from syntagma.language_models.experts import two_experts


def by_hand(scores: list[float], tolerance: float) -> tuple[list[int], list[float]]:
    """Section 5 of papers/phi-decoder.md, a token at a time."""
    left = list(scores)
    chosen, weights = [], []
    for _ in range(2):
        best = max(left)
        expert = left.index(best)

        def near(other: int, best: float = best) -> bool:
            difference, size = best - scores[other], max(abs(scores[other]), best)
            return not (size != 0 and difference / size > 2 * tolerance) and left[other] > float("-inf")

        shares = torch.tensor([left[other] if near(other) else float("-inf") for other in range(len(scores))])
        chosen.append(expert)
        weights.append(shares.softmax(0)[expert].item())
        left[expert] = float("-inf")
    return chosen, weights


def test_the_rule_as_it_is_written() -> None:
    scores = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
    experts, weights = two_experts(scores, 0.2)
    for row, chosen, shares in zip(scores.tolist(), experts.tolist(), weights.tolist(), strict=True):
        expected, expected_shares = by_hand(row, 0.2)
        assert chosen == expected
        assert shares == pytest.approx(expected_shares, abs=1e-6)


def test_zero_scores_keep_each_other() -> None:
    experts, weights = two_experts(torch.tensor([[0.0, 0.0, -1.0, -2.0]]), 0.01)
    assert experts.tolist() == [[0, 1]]
    assert weights.tolist() == [[0.5, 1.0]]


@pytest.mark.parametrize("shift", [0.0, -5.0])
def test_equal_to_transformers(shift: float) -> None:
    reference = pytest.importorskip(
        "transformers.models.phimoe.modeling_phimoe", reason="transformers is not installed"
    )
    scores = torch.randn(500, 16, generator=torch.Generator().manual_seed(1)) + shift
    weights, experts = reference.sparsemixer(scores, 0.01, training=False)
    ours = two_experts(scores, 0.01)
    assert torch.equal(ours[0], experts)
    assert torch.equal(ours[1], weights)
