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


class TrilinearSiblings(nn.Module):
    """`s[i, j, k] = sum_r ([d_i; 1] U)_r ([g_j; 1] V)_r ([d_k; 1] U)_r`: a head's two dependents, in either order.

    d_i is word i as a dependent, g_j word j - 1 as a head, g_0 the root. First values of U and V: Xavier normal with
    gain 0.25. Parameters: `D + 2 (D H + H) + 2 (H + 1) R`.

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
        self.of_dependent = _small(hidden, rank)
        self.of_head = _small(hidden, rank)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words, words]`, as `SecondOrderHeads` takes them.

        Indices are a dependent, its head (0 the root) and another dependent of that head. Of
        `vectors [batch, words, width]` in rows of `lengths [batch]` words; what stands in padding is not read, and
        scores there, and where two of the three are one word, mean nothing.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        dependents = with_one(self.dependent(vectors)) @ self.of_dependent
        heads = with_one(self.head(self.root(vectors))) @ self.of_head
        return _triples(dependents, heads, dependents)


class TrilinearGrandparents(nn.Module):
    """`s[i, j, k] = sum_r ([d_i; 1] U)_r ([g_j; 1] V)_r ([q_k; 1] W)_r`: a dependent, its head, and the head's head.

    q_k is word k - 1 as the head of a head. First values of U, V and W: Xavier normal with gain 0.25. Parameters:
    `D + 3 (D H + H) + 3 (H + 1) R`.

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
        self.of_dependent = _small(hidden, rank)
        self.of_head = _small(hidden, rank)
        self.of_grandparent = _small(hidden, rank)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words, 1 + words]`, as `SecondOrderHeads` takes them.

        Indices are a dependent, its head, and the head's head (0 the root). The root has no head, so nothing reads the
        scores with head 0. Otherwise as `TrilinearSiblings`.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        rooted = self.root(vectors)
        return _triples(
            with_one(self.dependent(vectors)) @ self.of_dependent,
            with_one(self.head(rooted)) @ self.of_head,
            with_one(self.grandparent(rooted)) @ self.of_grandparent,
        )


def _small(hidden: int, rank: int) -> nn.Parameter:
    return nn.Parameter(nn.init.xavier_normal_(torch.empty(hidden + 1, rank), gain=GAIN))


def _triples(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """`sum_r x_ir y_jr z_kr` of `x [batch, I, R]`, `y [batch, J, R]` and `z [batch, K, R]`: `[batch, I, J, K]`."""
    both = (x.unsqueeze(2) * y.unsqueeze(1)).flatten(1, 2)
    return (both @ z.transpose(1, 2)).view(len(x), x.shape[1], y.shape[1], z.shape[1])
