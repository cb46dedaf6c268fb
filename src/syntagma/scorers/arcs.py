"""Biaffine scores of arcs from heads to dependents, and of the arcs' labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.scorers.relation_product import RelationProduct
from syntagma.scorers.roles import Role, Root, with_one
from syntagma.scorers.words import own_words

DROPOUT = 0.33


class BiaffineArcs(nn.Module):
    """`s[i, j] = [d_i; 1] W g_j`: d_i word i as a dependent, g_j word j - 1 as a head, g_0 the root (arXiv 1611.01734).

    The bias scores a head alone. First values as in SuPar: W zero, so at first all heads are equally good. Parameters:
    `D + 2 (D H + H) + (H + 1) H`.

    Args:
        width: size D of a word vector.
        hidden: size H of a word as dependent and as head.
        dropout: of features of dependents and heads while training.
    """

    def __init__(self, width: int, *, hidden: int = 500, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.width = width
        self.root = Root(width)
        self.dependent = Role(width, hidden, dropout)
        self.head = Role(width, hidden, dropout)
        self.weight = nn.Parameter(torch.zeros(hidden + 1, hidden))

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words]` (dependent, head) of `vectors [batch, words, width]`.

        What stands in padding is not read, and scores there mean nothing. Rows have `lengths [batch]` words.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        dependents, heads = with_one(self.dependent(vectors)), self.head(self.root(vectors))
        scores: Tensor = dependents @ self.weight @ heads.transpose(1, 2)
        return scores


class BiaffineRelations(nn.Module):
    """`s[i, j, r] = [d_i; 1] W_r [g_j; 1]`: how well each label suits the arc from j to i (arXiv 1611.01734).

    It has a root and roles of its own. First values as in SuPar: W zero. Parameters:
    `D + 2 (D H + H) + R (H + 1)^2`.

    Args:
        width: size D of a word vector.
        relations: how many labels R an arc may have.
        hidden: size H of a word as dependent and as head.
        dropout: of features of dependents and heads while training.
    """

    def __init__(self, width: int, relations: int, *, hidden: int = 100, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.width = width
        self.relations = relations
        self.root = Root(width)
        self.dependent = Role(width, hidden, dropout)
        self.head = Role(width, hidden, dropout)
        self.weight = nn.Parameter(torch.zeros(relations, hidden + 1, hidden + 1))

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, 1 + words, relations]`; otherwise as `BiaffineArcs`."""
        dependents, heads = self._factors(vectors, lengths)
        return torch.einsum("bix,rxy,bjy->bijr", dependents, self.weight, heads)

    def product(self, vectors: Tensor, lengths: Tensor | None = None) -> RelationProduct:
        """Their log-softmax over relations, not yet computed."""
        return RelationProduct(*self._factors(vectors, lengths), self.weight)

    def _factors(self, vectors: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        vectors, _ = own_words(vectors, lengths, self.width)
        return with_one(self.dependent(vectors)), with_one(self.head(self.root(vectors)))
