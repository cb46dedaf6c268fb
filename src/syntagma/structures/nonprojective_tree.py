"""Non-projective dependency trees: every word has one head, and arcs may cross."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.kernels import dispatch
from syntagma.structures.kernels.arc_derivatives import ArcSums, log_partition, marginals
from syntagma.structures.kernels.reference.arborescence import are_trees
from syntagma.structures.kernels.reference.matrix_tree import tree_sums
from syntagma.structures.relation_scores import RelationScores


class NonProjectiveTree(ArcStructure):
    """A batch of distributions over all dependency trees, whose arcs may cross.

    First order: a tree's score is the sum of its arcs'. The sums over trees are the matrix-tree theorem's (Koo et al.,
    2007, D07-1015), by elimination without subtraction, which is right for scores of any sharpness; the best trees are
    maximum spanning arborescences (Chu, Liu and Edmonds), with a single root exactly. Of equal trees the same one is
    the best on every device. Arguments, outputs and errors as `ArcStructure`, and

    Args:
        single_root: trees in which one word alone hangs from the root; otherwise one or more.
    """

    def __init__(
        self,
        arcs: Tensor,
        lengths: Tensor | None = None,
        relations: Tensor | RelationScores | None = None,
        *,
        single_root: bool = True,
    ) -> None:
        super().__init__(arcs, lengths, relations)
        self.single_root = single_root

    def _log_partition(self, arcs: Tensor) -> Tensor:
        return log_partition(arcs, self._sums)

    def _marginals(self, arcs: Tensor) -> Tensor:
        return marginals(arcs, self._sums)

    def _best(self, arcs: Tensor) -> Tensor:
        return self._kernel(arcs).best(arcs, self.single_root)

    def _k_best(self, arcs: Tensor, k: int) -> Tensor:
        return self._kernel(arcs).k_best(arcs, self.single_root, k)

    def _sample(self, arcs: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        return self._kernel(arcs).sample(arcs, self.arc_scores.sizes, self.single_root, n, generator)

    def _allowed(self, heads: Tensor) -> Tensor:
        return are_trees(heads, self.arc_scores.valid, self.single_root)

    @cached_property
    def _sums(self) -> ArcSums:
        arcs, sizes, single_root = self._summed_detached, self.arc_scores.sizes, self.single_root
        found = self._kernel(arcs).tree_sums(arcs, sizes, single_root)
        return ArcSums(*found, again=lambda scores: tree_sums(scores, sizes, single_root).marginals)

    def _kernel(self, arcs: Tensor) -> dispatch.NonProjectiveKernel:
        return dispatch.nonprojective(arcs, learns=self.arc_scores.learns)
