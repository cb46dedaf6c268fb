"""The decomposed quadrilinear and pentalinear potentials: two labels meet two words, or three."""

from __future__ import annotations

from torch import Tensor

from syntagma.scorers.label_embeddings import DEVIATION, LABEL_WIDTH, RANK, matrix
from syntagma.scorers.neighbours import BoundaryVectors, Neighbours, split_end
from syntagma.scorers.pair_potential import PairPotential, product_pairs


class DecomposedQuadrilinear(PairPotential):
    """`phi_i[a, b] = sum_r (h_i U)_r (h_{i-1} G)_r (e_a V)_r (e_b W)_r` (arXiv 2011.05604).

    With `neighbours` "next" h_{i+1} stands in place of h_{i-1}, with "mean" the mean of both. Beyond the sentence are
    learned vectors, and the end step's own word is one of them. Parameters: `T t + 2 D R + 2 t R + 2 D`, T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        rank: R, how many terms.
        label_width: size t of a label's embedding.
        neighbours: which word beside the own one is read: "prev", "next" or "mean".
        scale: divide by sqrt(R).
        deviation: of the first values of U, G, V and W.
    """

    def __init__(
        self,
        width: int,
        labels: int,
        *,
        rank: int = RANK,
        label_width: int = LABEL_WIDTH,
        neighbours: Neighbours = "prev",
        scale: bool = False,
        deviation: float = DEVIATION,
    ) -> None:
        super().__init__(width, labels, label_width)
        self.neighbours: Neighbours = neighbours
        self.factor = rank**-0.5 if scale else 1.0
        self.boundaries = BoundaryVectors(width)
        self.word = matrix(width, rank, deviation=deviation)
        self.neighbour = matrix(width, rank, deviation=deviation)
        self.label_from = matrix(label_width, rank, deviation=deviation)
        self.label_to = matrix(label_width, rank, deviation=deviation)

    def _features(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        around = self.boundaries(vectors, lengths)
        steps = (around.own @ self.word) * (around.neighbour(self.neighbours) @ self.neighbour)
        return split_end(steps, lengths)

    def _pairs(self, before: Tensor, after: Tensor) -> Tensor:
        return product_pairs(before @ self.label_from * self.factor, after @ self.label_to)


class DecomposedPentalinear(PairPotential):
    """`phi_i[a, b] = sum_r (h_{i-1} S)_r (h_i U)_r (h_{i+1} G)_r (e_a V)_r (e_b W)_r` (arXiv 2011.05604).

    Beyond the sentence are learned vectors, and the end step's own word is one of them. Parameters:
    `T t + 3 D R + 2 t R + 2 D`, T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        rank: R, how many terms.
        label_width: size t of a label's embedding.
        scale: divide by sqrt(R).
        deviation: of the first values of S, U, G, V and W.
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
        self.boundaries = BoundaryVectors(width)
        self.word_before = matrix(width, rank, deviation=deviation)
        self.word = matrix(width, rank, deviation=deviation)
        self.word_after = matrix(width, rank, deviation=deviation)
        self.label_from = matrix(label_width, rank, deviation=deviation)
        self.label_to = matrix(label_width, rank, deviation=deviation)

    def _features(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        before, own, after = self.boundaries(vectors, lengths)
        return split_end((before @ self.word_before) * (own @ self.word) * (after @ self.word_after), lengths)

    def _pairs(self, before: Tensor, after: Tensor) -> Tensor:
        return product_pairs(before @ self.label_from * self.factor, after @ self.label_to)
