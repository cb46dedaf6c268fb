"""The vanilla potential: a word's label depends on its vector, the transition on nothing but the two labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.scorer import ChainScores, Scorer


class Vanilla(Scorer):
    """`phi_i[a, b] = (W h_i + c)_b + A[a, b]` (arXiv 2011.05604), with A, and the scores of the ends, 0 at first.

    Parameters: `D K + K + K^2 + 2 K`. The paper's table counts symbols, START and END among them; here they have a row
    each for the labels that may begin and end, and no row in W.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__(width, labels)
        self.emission = nn.Linear(width, labels)
        self.transitions = nn.Parameter(torch.zeros(labels, labels))
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        return ChainScores(self.emission(vectors), self.transitions, self.start, self.end)
