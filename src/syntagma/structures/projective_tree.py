"""Projective dependency trees: every word has one head, and no two arcs cross."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from syntagma.structures.arc_structure import ArcStructure, BestTrees
from syntagma.structures.kernels import dispatch
from syntagma.structures.kernels.arc_derivatives import ArcSums, log_partition, marginals
from syntagma.structures.kernels.reference.projective_sums import log_partition as log_partition_by_autograd
from syntagma.structures.relation_scores import RelationScores


class ProjectiveTree(ArcStructure):
    """A batch of distributions over projective trees: of arcs drawn above root and words, in this order, no two cross.

    First order: a tree's score is the sum of its arcs'. (Eisner's algorithm; structural knowledge distillation, arXiv
    2010.05010, case 1a.) Of equal trees the same one is the best on every device. Arguments, outputs and errors as
    `ArcStructure`, and

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

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""
        return super().log_partition() if self._records() else self._sums.log_partition.to(self.dtype)

    def argmax(self) -> BestTrees:
        """The most probable tree of each row and its score, differentiable; of equal relations, the first."""
        if self._records() or self.arc_scores.labelled:
            return super().argmax()
        arcs = self.arc_scores.arcs
        heads, scores = self._kernel(arcs).best(arcs, self.arc_scores.sizes, self.single_root)
        if not bool(scores.isfinite().all()):
            return super().argmax()  # it says what is wrong
        return BestTrees(self._padded(heads.unsqueeze(1)).squeeze(1), None, scores.to(self.dtype))

    def _log_partition(self, arcs: Tensor) -> Tensor:
        return log_partition(arcs, self._sums)

    def _marginals(self, arcs: Tensor) -> Tensor:
        return marginals(arcs, self._sums)

    def _best(self, arcs: Tensor) -> Tensor:
        return self._kernel(arcs).best(arcs, self.arc_scores.sizes, self.single_root)[0]

    def _k_best(self, arcs: Tensor, k: int) -> Tensor:
        return self._kernel(arcs).k_best(arcs, self.arc_scores.sizes, self.single_root, k)

    def _sample(self, arcs: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        return self._kernel(arcs).sample(arcs, self.arc_scores.sizes, self.single_root, n, generator)

    def _allowed(self, heads: Tensor) -> Tensor:
        valid = self.arc_scores.valid.unsqueeze(1)
        roots = ((heads == 0) & valid).sum(-1)
        rooted = roots == 1 if self.single_root else roots >= 1
        return rooted & ~_has_circle(heads) & ~_has_crossing(heads, valid)

    @cached_property
    def _sums(self) -> ArcSums:
        scores, sizes = self.arc_scores, self.arc_scores.sizes
        arcs = scores.arcs.detach() if not scores.labelled else self._summed_detached
        log_z, probabilities = self._kernel(arcs).inside_outside(arcs, sizes, self.single_root)
        if not bool(log_z.isfinite().all()):
            self._usable(self._summed_detached)
            self._reject_impossible(log_z)
        return ArcSums(log_z, probabilities, again=self._marginals_by_autograd)

    @cached_property
    def _detached_marginals(self) -> Tensor:
        return self._sums.marginals

    def _marginals_by_autograd(self, arcs: Tensor) -> Tensor:
        log_z = log_partition_by_autograd(arcs, self.arc_scores.sizes, self.single_root).sum()
        (probabilities,) = torch.autograd.grad(log_z, arcs, create_graph=True)
        return probabilities

    def _kernel(self, arcs: Tensor) -> dispatch.ProjectiveKernel:
        return dispatch.projective(arcs, learns=self.arc_scores.learns)


def _has_circle(heads: Tensor) -> Tensor:
    """Whether some word of `heads [batch, n, words]` is its own ancestor, `[batch, n]`; 0 in padding."""
    ancestor = torch.cat([heads.new_zeros(*heads.shape[:2], 1), heads], -1)
    for _ in range(heads.shape[-1].bit_length()):
        ancestor = ancestor.gather(-1, ancestor)  # twice as many steps up
    return (ancestor > 0).any(-1)


def _has_crossing(heads: Tensor, valid: Tensor) -> Tensor:
    """Whether two arcs of `heads [batch, n, words]` cross, `[batch, n]`."""
    word = torch.arange(1, heads.shape[-1] + 1, device=heads.device).expand_as(heads)
    left, right = torch.minimum(heads, word), torch.maximum(heads, word).where(valid, 0)
    a, b = left.unsqueeze(-1), right.unsqueeze(-1)
    c, d = left.unsqueeze(-2), right.unsqueeze(-2)
    return ((a < c) & (c < b) & (b < d)).flatten(2).any(-1)
