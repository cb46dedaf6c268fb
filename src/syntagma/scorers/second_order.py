"""Scores of labels two words apart, beside those of a chain: what second-order mean field reads."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.label_embeddings import DEVIATION, LABEL_WIDTH, RANK, matrix
from syntagma.scorers.pair_potential import product_pairs
from syntagma.scorers.scorer import ChainScores, Scorer
from syntagma.structures.mean_field import SecondOrder


class SkipTable(nn.Module):
    """One score for every two labels with a word between them, whatever the words; 0 at first (AIN, arXiv 2009.08229).

    Its ends score the label of the second word and of the last but one. Parameters: `K^2 + 2 K`.

    Args:
        labels: how many labels K there are.
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.transitions = nn.Parameter(torch.zeros(labels, labels))
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))

    def forward(self, vectors: Tensor) -> SecondOrder:
        """The table, whatever `vectors [batch, words, width]` are."""
        return SecondOrder(self.transitions, self.start, self.end)


class SkipQuadrilinear(nn.Module):
    """`T_i[a, b] = 1/sqrt(R) sum_r (h_i U)_r (h_{i+2} G)_r (e_a V)_r (e_b W)_r`: two labels and their two words.

    The word-dependent second order of AIN (arXiv 2009.08229, extensions), with a table of label embeddings of its own.
    Parameters: `K t + 2 D R + 2 t R`.

    Args:
        width: size D of a word vector.
        labels: how many labels K there are.
        rank: R, how many terms.
        label_width: size t of a label's embedding.
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
        scale: bool = True,
        deviation: float = DEVIATION,
    ) -> None:
        super().__init__()
        self.factor = rank**-0.5 if scale else 1.0
        bound = (6 / (labels + label_width)) ** 0.5
        self.table = nn.Parameter(torch.empty(labels, label_width).uniform_(-bound, bound))
        self.word = matrix(width, rank, deviation=deviation)
        self.word_after = matrix(width, rank, deviation=deviation)
        self.label_from = matrix(label_width, rank, deviation=deviation)
        self.label_to = matrix(label_width, rank, deviation=deviation)

    def forward(self, vectors: Tensor) -> SecondOrder:
        """The tables `[batch, words - 2, labels, labels]` of `vectors [batch, words, width]`."""
        steps = (vectors[:, :-2] @ self.word) * (vectors[:, 2:] @ self.word_after)
        pairs = product_pairs(self.table @ self.label_from * self.factor, self.table @ self.label_to)
        labels = len(self.table)
        return SecondOrder((steps @ pairs).view(*steps.shape[:2], labels, labels))


class SecondOrderScorer(Scorer):
    """A chain's scorer with scores of labels two words apart beside it.

    Args:
        chain: scores words and neighbouring labels.
        skip: scores labels two words apart.
    """

    def __init__(self, chain: Scorer, skip: SkipTable | SkipQuadrilinear) -> None:
        super().__init__(chain.width, chain.labels)
        self.chain = chain
        self.skip = skip

    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        return self.chain(vectors, lengths)._replace(second=self.skip(vectors))
