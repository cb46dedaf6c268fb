"""A learned weighted mean over a network's layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ScalarMix(nn.Module):
    """`scale * sum_l softmax(weights)_l * layer_l` (Peters et al. 2018, "Deep Contextualized Word Representations")."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(layers))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, layers: Sequence[Tensor]) -> Tensor:
        """Mix as many tensors of one shape as there are layers."""
        shares = self.weights.softmax(0)
        return self.scale * torch.stack([share * layer for share, layer in zip(shares, layers, strict=True)]).sum(0)
