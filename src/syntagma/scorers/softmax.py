"""The softmax potential: a word's label depends on its vector and on no other label."""

from __future__ import annotations

from torch import Tensor, nn

from syntagma.scorers.scorer import ChainScores, Scorer


class Softmax(Scorer):
    """`phi_i[a, b] = (W h_i + c)_b` (arXiv 2011.05604): what a tagger without a chain has.

    Parameters: `D K + K`.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__(width, labels)
        self.emission = nn.Linear(width, labels)

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        nothing = vectors.new_zeros(self.labels)
        return ChainScores(self.emission(vectors), nothing.expand(self.labels, -1), nothing, nothing)
