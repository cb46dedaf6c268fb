"""What the potentials have in common whose score of two labels depends on words: features times a vector per pair."""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from syntagma.scorers.label_embeddings import LabelEmbeddings
from syntagma.scorers.scorer import ChainScores, Scorer


class PairPotential(Scorer):
    """`phi_i[a, b] = f_i . Q[a, b]` with features f_i of the words at step i and a vector Q[a, b] for two symbols.

    Q is made once a batch, and all steps are one matrix product with it: nothing of size words times symbols times rank
    ever exists (arXiv 2011.05604, section "Efficient evaluation").
    """

    def __init__(self, width: int, labels: int, label_width: int) -> None:
        super().__init__(width, labels)
        self.embeddings = LabelEmbeddings(labels, label_width)

    @abstractmethod
    def _features(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Features of each word's step, `[batch, words, features]`, and of the end step, `[batch, features]`."""

    @abstractmethod
    def _pairs(self, before: Tensor, after: Tensor) -> Tensor:
        """Q of embeddings `before [A, t]` and `after [B, t]`, as `[features, A * B]`."""

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        labels, start, end = self.embeddings()
        words, last = self._features(vectors, lengths)
        batch, count = vectors.shape[:2]
        transitions = words[:, 1:] @ self._pairs(labels, labels)
        return ChainScores(
            vectors.new_zeros(batch, count, self.labels),
            transitions.view(batch, count - 1, self.labels, self.labels),
            words[:, 0] @ self._pairs(start, labels),
            last @ self._pairs(labels, end),
        )


def product_pairs(before: Tensor, after: Tensor) -> Tensor:
    """All products of `before [A, rank]` and `after [B, rank]`, `[rank, A * B]`."""
    return (before.T.unsqueeze(2) * after.T.unsqueeze(1)).flatten(1)
