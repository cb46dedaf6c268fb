"""Vectors of labels and of the two symbols around a sentence, and how a potential's matrices are first filled."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

DEVIATION = 0.1545
LABEL_WIDTH = 20
RANK = 396


class Symbols(NamedTuple):
    """The rows of the table of label embeddings."""

    labels: Tensor
    """`[labels, width]`"""
    start: Tensor
    """`[1, width]`, what comes before the first word's label."""
    end: Tensor
    """`[1, width]`, what follows the last word's label."""


class LabelEmbeddings(nn.Module):
    """A learned vector for each label, for START and for END: E of arXiv 2011.05604, `[labels + 2, width]`.

    First values uniform in +-sqrt(6 / (symbols + width)).
    """

    def __init__(self, labels: int, width: int) -> None:
        super().__init__()
        bound = math.sqrt(6 / (labels + 2 + width))
        self.table = nn.Parameter(torch.empty(labels + 2, width).uniform_(-bound, bound))

    def forward(self) -> Symbols:
        """The vectors."""
        return Symbols(self.table[:-2], self.table[-2:-1], self.table[-1:])

    def __call__(self) -> Symbols:
        """The vectors."""
        result: Symbols = super().__call__()
        return result


def matrix(*shape: int, deviation: float) -> nn.Parameter:
    """A parameter with first values from a normal distribution."""
    return nn.Parameter(torch.randn(*shape) * deviation)
