"""The trilinear potentials: a word and two labels meet at once, in a full tensor or a decomposed one."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.scorers.label_embeddings import DEVIATION, LABEL_WIDTH, RANK, matrix
from syntagma.scorers.pair_potential import PairPotential, product_pairs
from syntagma.scorers.words import at_last_word


class Trilinear(PairPotential):
    """`phi_i[a, b] = sum_{x,g,k} W[x, g, k] h_i[x] e_a[g] e_b[k]` (arXiv 2011.05604).

    The end step reads the last word's own vector again. Parameters: `T t + D t^2` with T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        label_width: size t of a label's embedding.
        deviation: of the first values of W.
    """

    def __init__(
        self, width: int, labels: int, *, label_width: int = LABEL_WIDTH, deviation: float = DEVIATION
    ) -> None:
        super().__init__(width, labels, label_width)
        self.tensor = matrix(width, label_width, label_width, deviation=deviation)

    def _features(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return vectors, at_last_word(vectors, lengths)

    def _pairs(self, before: Tensor, after: Tensor) -> Tensor:
        return torch.einsum("xgk,ag,bk->xab", self.tensor, before, after).flatten(1)


class DecomposedTrilinear(PairPotential):
    """`phi_i[a, b] = sum_r (h_i U)_r (e_a V)_r (e_b W)_r` (arXiv 2011.05604): the trilinear tensor in R terms.

    The end step reads the last word's own vector again. Parameters: `T t + D R + 2 t R` with T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        rank: R, how many terms.
        label_width: size t of a label's embedding.
        scale: divide by sqrt(R).
        deviation: of the first values of U, V and W.
    """

    def __init__(
        self,
        width: int,
        labels: int,
        *,
        rank: int = RANK,
        label_width: int = LABEL_WIDTH,
        scale: bool = False,
        deviation: float = DEVIATION,
    ) -> None:
        super().__init__(width, labels, label_width)
        self.factor = rank**-0.5 if scale else 1.0
        self.word = matrix(width, rank, deviation=deviation)
        self.label_from = matrix(label_width, rank, deviation=deviation)
        self.label_to = matrix(label_width, rank, deviation=deviation)

    def _features(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        words = vectors @ self.word
        return words, at_last_word(words, lengths)

    def _pairs(self, before: Tensor, after: Tensor) -> Tensor:
        return product_pairs(before @ self.label_from * self.factor, after @ self.label_to)
