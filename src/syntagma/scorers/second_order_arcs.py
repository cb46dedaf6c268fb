"""Trilinear scores of two arcs at once, of low rank: a head's two dependents, and a dependent, its head and its head's.

Second-order semantic dependency parsing (Wang, Huang and Tu 2019, arXiv 1906.07880), decomposed as in its code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.arcs import DROPOUT
from syntagma.scorers.roles import Role, Root, with_one
from syntagma.scorers.words import own_words

HIDDEN = 150
RANK = 150
GAIN = 0.25


class LowRankTriples(nn.Module):
    """`s[i, j, k] = sum_r ([x_i; 1] U)_r ([y_j; 1] V)_r ([z_k; 1] W)_r`.

    First values of U, V and W: Xavier normal with gain 0.25. Parameters: `3 (H + 1) R`.
    """

    def __init__(self, hidden: int, rank: int) -> None:
        super().__init__()
        self.first = _small(hidden, rank)
        self.second = _small(hidden, rank)
        self.third = _small(hidden, rank)

    def forward(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        """Of `x [batch, I, hidden]`, `y [batch, J, hidden]` and `z [batch, K, hidden]`, scores `[batch, I, J, K]`."""
        u, v, w = with_one(x) @ self.first, with_one(y) @ self.second, with_one(z) @ self.third
        both = (u.unsqueeze(2) * v.unsqueeze(1)).flatten(1, 2)
        scores: Tensor = both @ w.transpose(1, 2)
        return scores.view(len(u), u.shape[1], v.shape[1], w.shape[1])


class TrilinearSiblings(nn.Module):
    """Scores of a head's two dependents, as `SecondOrderHeads` takes them.

    Parameters: `D + 2 (D H + H) + 3 (H + 1) R`.

    Args:
        width: size D of a word vector.
        hidden: size H of a word as dependent and as head.
        rank: R, how many terms.
        dropout: of features of dependents and heads while training.
    """

    def __init__(self, width: int, *, hidden: int = HIDDEN, rank: int = RANK, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.width = width
        self.root = Root(width)
        self.dependent = Role(width, hidden, dropout)
        self.head = Role(width, hidden, dropout)
        self.triples = LowRankTriples(hidden, rank)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words, words]`: a dependent, its head (0 the root), the head's other dependent.

        Of `vectors [batch, words, width]` in rows of `lengths [batch]` words; what stands in padding is not read, and
        scores there, and where two of the three are one word, mean nothing.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        dependents, heads = self.dependent(vectors), self.head(self.root(vectors))
        scores: Tensor = self.triples(dependents, heads, dependents)
        return scores


class TrilinearGrandparents(nn.Module):
    """Scores of a dependent, its head, and its head's head, as `SecondOrderHeads` takes them.

    Parameters: `D + 3 (D H + H) + 3 (H + 1) R`.

    Args:
        width: size D of a word vector.
        hidden: size H of a word as dependent, as head, and as head's head.
        rank: R, how many terms.
        dropout: of their features while training.
    """

    def __init__(self, width: int, *, hidden: int = HIDDEN, rank: int = RANK, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.width = width
        self.root = Root(width)
        self.dependent = Role(width, hidden, dropout)
        self.head = Role(width, hidden, dropout)
        self.grandparent = Role(width, hidden, dropout)
        self.triples = LowRankTriples(hidden, rank)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words, 1 + words]`: a dependent, its head, and the head's head (0 the root).

        The root has no head, so nothing reads the scores with head 0. Otherwise as `TrilinearSiblings`.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        rooted = self.root(vectors)
        scores: Tensor = self.triples(self.dependent(vectors), self.head(rooted), self.grandparent(rooted))
        return scores


def _small(hidden: int, rank: int) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_normal_(torch.empty(hidden + 1, rank), gain=GAIN))
