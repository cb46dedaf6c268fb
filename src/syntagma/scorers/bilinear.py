"""The two- and three-bilinear potentials: words and labels meet in pairs, never three at once."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.scorers.label_embeddings import DEVIATION, LABEL_WIDTH, LabelEmbeddings, matrix
from syntagma.scorers.scorer import ChainScores, Scorer


class TwoBilinear(Scorer):
    """`phi_i[a, b] = h_i U e_b + e_a V e_b` (arXiv 2011.05604).

    Parameters: `T t + D t + t^2` with T = K + 2. The end step's word says the same of every label, so it is left out.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        label_width: size t of a label's embedding.
        deviation: of the first values of U and V.
    """

    def __init__(
        self, width: int, labels: int, *, label_width: int = LABEL_WIDTH, deviation: float = DEVIATION
    ) -> None:
        super().__init__(width, labels)
        self.embeddings = LabelEmbeddings(labels, label_width)
        self.word_to = matrix(width, label_width, deviation=deviation)
        self.from_to = matrix(label_width, label_width, deviation=deviation)

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        labels, start, end = self.embeddings()
        after = labels @ self.from_to.T  # e_a V e_b = e_a . (V e_b)
        return ChainScores(
            vectors @ (self.word_to @ labels.T),
            labels @ after.T,
            (start @ after.T).squeeze(0),
            (labels @ self.from_to @ end.T).squeeze(1),
        )


class ThreeBilinear(Scorer):
    """`phi_i[a, b] = h_i U e_b + h_i V e_a + e_a W e_b` (arXiv 2011.05604): a word also judges the label before it.

    Each term has one label or no word, so all of it is emissions and one shared table. (The official code puts V on b,
    which makes the potential two-bilinear.) The end step reads the last word's own vector again. Parameters:
    `T t + 2 D t + t^2` with T = K + 2.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        label_width: size t of a label's embedding.
        deviation: of the first values of U, V and W.
    """

    def __init__(
        self, width: int, labels: int, *, label_width: int = LABEL_WIDTH, deviation: float = DEVIATION
    ) -> None:
        super().__init__(width, labels)
        self.embeddings = LabelEmbeddings(labels, label_width)
        self.word_to = matrix(width, label_width, deviation=deviation)
        self.word_from = matrix(width, label_width, deviation=deviation)
        self.from_to = matrix(label_width, label_width, deviation=deviation)

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        labels, start, end = self.embeddings()
        after = labels @ self.from_to.T
        return ChainScores(
            vectors @ (self.word_to @ labels.T) + _word_after(vectors, lengths) @ (self.word_from @ labels.T),
            labels @ after.T,
            (start @ after.T).squeeze(0),
            (labels @ self.from_to @ end.T).squeeze(1),
        )


def _word_after(vectors: Tensor, lengths: Tensor) -> Tensor:
    """The vector of each word's right neighbour, of the last word its own: `[batch, words, width]`."""
    positions = torch.arange(vectors.shape[1], device=vectors.device) + 1
    after = torch.minimum(positions, (lengths - 1).unsqueeze(1))
    return vectors.gather(1, after.unsqueeze(2).expand_as(vectors))
