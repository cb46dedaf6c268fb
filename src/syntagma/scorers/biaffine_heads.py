"""The biaffine scores of a parser: arcs, relations of arcs, and if wanted pairs of arcs."""

from __future__ import annotations

from torch import Tensor

from syntagma.scorers.arcs import DROPOUT, BiaffineArcs, BiaffineRelations
from syntagma.scorers.head_scorer import HeadScorer, HeadScores
from syntagma.scorers.second_order_arcs import TrilinearGrandparents, TrilinearSiblings


class BiaffineHeads(HeadScorer):
    """Arcs and relations by biaffine products (deep biaffine attention, arXiv 1611.01734).

    Scores of relations are the logarithms of their probabilities once there is the arc, so that how likely an arc is
    does not depend on them. With `second_order` there are scores of siblings and grandparents too (arXiv 1906.07880).

    Args:
        width: size of a word vector.
        relations: how many labels an arc may have.
        arc_hidden: size of a word as dependent and head, for arcs.
        relation_hidden: the same for relations.
        second_order_hidden: the same for pairs of arcs, and their rank; None for no such scores.
        dropout: of all these features while training.
    """

    def __init__(
        self,
        width: int,
        relations: int,
        *,
        arc_hidden: int = 500,
        relation_hidden: int = 100,
        second_order_hidden: int | None = None,
        dropout: float = DROPOUT,
    ) -> None:
        super().__init__(width, relations)
        self.arcs = BiaffineArcs(width, hidden=arc_hidden, dropout=dropout)
        self.labels = BiaffineRelations(width, relations, hidden=relation_hidden, dropout=dropout)
        self.siblings, self.grandparents = None, None
        if second_order_hidden is not None:
            sizes = {"hidden": second_order_hidden, "rank": second_order_hidden}
            self.siblings = TrilinearSiblings(width, **sizes, dropout=dropout)
            self.grandparents = TrilinearGrandparents(width, **sizes, dropout=dropout)

    def _score(self, vectors: Tensor, lengths: Tensor) -> HeadScores:
        return HeadScores(
            self.arcs(vectors, lengths),
            self.labels.product(vectors, lengths),
            self.siblings(vectors, lengths) if self.siblings else None,
            self.grandparents(vectors, lengths) if self.grandparents else None,
        )
