"""What every chain scorer is: a neural layer from word vectors to the scores of a chain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn


class ChainScores(NamedTuple):
    """The scores of a batch of chains, in the order that `LinearChain` takes them."""

    emissions: Tensor
    """`[batch, words, labels]`"""
    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a position: `[batch, words - 1, labels, labels]`."""
    start: Tensor
    """`[labels]`"""
    end: Tensor
    """`[labels]`"""


class Scorer(nn.Module, ABC):
    """Turns word vectors into the scores of a chain."""

    labels: int
    """How many labels it scores."""

    @abstractmethod
    def forward(self, vectors: Tensor) -> ChainScores:
        """Score `vectors [batch, words, width]`."""

    def __call__(self, vectors: Tensor) -> ChainScores:
        """Score `vectors [batch, words, width]`."""
        result: ChainScores = super().__call__(vectors)
        return result
