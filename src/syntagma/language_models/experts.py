"""A mixture of experts of which each token takes two: SparseMixer's routing at inference (arXiv 2310.00811)."""

from __future__ import annotations

import torch
from torch import Tensor


def two_experts(scores: Tensor, tolerance: float) -> tuple[Tensor, Tensor]:
    """The two experts of each token and their weights, both `[tokens, 2]`, from router scores `[tokens, experts]`.

    Each weight is the expert's share among those whose scores lie within twice `tolerance` of the best one, relative to
    the larger of that and their own size; the second choice leaves out the first. Weights are not made to add up to 1
    (phi-decoder.md, section 5).
    """
    first, first_weight = _best(scores, scores, tolerance)
    rest = scores.scatter(-1, first, -torch.inf)
    second, second_weight = _best(rest, scores, tolerance)
    return torch.cat([first, second], -1), torch.cat([first_weight, second_weight], -1)


def _best(left: Tensor, scores: Tensor, tolerance: float) -> tuple[Tensor, Tensor]:
    """Who has the highest score of those left, and its share; both `[tokens, 1]`."""
    best, chosen = left.max(-1, keepdim=True)
    # Asked this way round, 0 / 0 keeps an expert.
    far = (best - scores) / torch.maximum(scores.abs(), best) > 2 * tolerance
    return chosen, left.masked_fill(far, -torch.inf).softmax(-1).gather(-1, chosen)
