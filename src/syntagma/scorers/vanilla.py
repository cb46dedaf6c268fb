"""The vanilla potential: a word's label depends on its vector, the transition on nothing but the two labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.scorer import ChainScores, Scorer


class Vanilla(Scorer):
    """`phi_i[a, b] = (W h_i + c)_b + A[a, b]` (arXiv 2011.05604), with A, and the scores of the ends, 0 at first.

    Args:
        width: size of a word vector.
        labels: how many labels there are.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.labels = labels
        self.emission = nn.Linear(width, labels)
        self.transitions = nn.Parameter(torch.zeros(labels, labels))
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))

    def forward(self, vectors: Tensor) -> ChainScores:
        """Score `vectors [batch, words, width]`."""
        return ChainScores(self.emission(vectors), self.transitions, self.start, self.end)
