"""Scores of arcs' relations that are computed where they are asked for, since most arcs are never looked at."""

from __future__ import annotations

from typing import Protocol, Self

from torch import Tensor


class RelationScores(Protocol):
    """Log-probabilities of the relations of an arc once it is there: over the relations of an arc they sum to 1.

    So an arc's own score says how likely it is, whatever its relations, and a distribution over heads needs no relation
    but of the arcs that were chosen. Of B rows of N words there are `B N (1 + N) R` scores, of a tree's arcs `B N R`.
    """

    @property
    def count(self) -> int:
        """How many relations R there are."""

    @property
    def learns(self) -> bool:
        """Whether a gradient may be asked for."""

    def everywhere(self) -> Tensor:
        """Those of all arcs, `[batch, words, 1 + words, relations]`."""

    def at(self, heads: Tensor) -> Tensor:
        """Those of the arcs from `heads [batch, n, words]`, `[batch, n, words, relations]`."""

    def detach(self) -> Self:
        """The same without history."""
