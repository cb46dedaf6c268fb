"""A word's vector in one of its roles (dependent, head, start of a span ...), and the root that stands before words."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

SLOPE = 0.1


class Role(nn.Module):
    """`leaky_relu(W h + c)`, with one dropout mask for all words of a sentence (Dozat and Manning 2017).

    First values as in SuPar: W orthogonal, c zero. Parameters: `D H + H`.

    Args:
        width: size D of a word vector.
        hidden: size H of what comes out.
        dropout: probability with which a feature is dropped while training.
    """

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(width, hidden)
        self.dropout = dropout
        nn.init.orthogonal_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """`[batch, words, width]` to `[batch, words, hidden]`."""
        found = nn.functional.leaky_relu(self.linear(vectors), SLOPE)
        if not self.training or self.dropout == 0:
            return found
        mask = found.new_ones(found.shape[0], 1, found.shape[2])
        return found * nn.functional.dropout(mask, self.dropout)


class Root(nn.Module):
    """A learned vector that stands before the words of every sentence; first values uniform in +-sqrt(3 / width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        bound = math.sqrt(3 / width)
        self.vector = nn.Parameter(torch.empty(width).uniform_(-bound, bound))

    def forward(self, vectors: Tensor) -> Tensor:
        """`[batch, words, width]` to `[batch, 1 + words, width]`."""
        return torch.cat([self.vector.expand(len(vectors), 1, -1), vectors], 1)


def with_one(vectors: Tensor) -> Tensor:
    """`[..., width]` with a 1 behind it, `[..., width + 1]`: the bias of a product."""
    return nn.functional.pad(vectors, (0, 1), value=1.0)
