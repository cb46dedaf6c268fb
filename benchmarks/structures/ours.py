"""Syntagma's structures, called as the peers are."""

from __future__ import annotations

import torch
from problems import ChainProblem, TreeProblem
from torch import Tensor

from syntagma import structures


class Chain:
    """One problem in Syntagma's terms."""

    def __init__(self, problem: ChainProblem) -> None:
        self.problem = problem
        scores = (problem.emissions, problem.transitions, problem.start, problem.end)
        self.leaves = [part.clone().requires_grad_(True) for part in scores]

    def _learning(self) -> structures.Structure:
        return structures.LinearChain(*self.leaves, lengths=self.problem.lengths)

    def _fixed(self) -> structures.LinearChain:
        p = self.problem
        return structures.LinearChain(p.emissions, p.transitions, p.start, p.end, p.lengths)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self._learning().log_prob(self.problem.labels).sum()
        emissions, transitions, *_ = torch.autograd.grad(loss, self.leaves)
        return emissions, transitions

    def viterbi(self) -> Tensor:
        """The paths, `[batch, words]`."""
        return self._fixed().argmax().labels

    def topk(self, k: int) -> Tensor:
        """k paths of each row, `[batch, k, words]`."""
        return self._fixed().topk(k).labels

    def k_paths(self, found: Tensor) -> list[list[list[int]]]:
        """What `topk` found, as lists."""
        lengths = self.problem.lengths.tolist()
        return [[path[:n] for path in row if path[0] >= 0] for row, n in zip(found.tolist(), lengths, strict=True)]

    def marginals(self) -> Tensor:
        """Of the labels."""
        return self._fixed().label_marginals()

    def all_marginals(self) -> Tensor:
        """Of the labels; those of the pairs are computed with them."""
        return self._fixed().marginals().emissions


class MeanField(Chain):
    """The same scores, decoded by three rounds of mean-field updates."""

    def viterbi(self) -> Tensor:
        """Labels, `[batch, words]`."""
        p = self.problem
        return structures.MeanFieldChain(p.emissions, p.transitions, p.start, p.end, p.lengths).argmax().outputs

    def _learning(self) -> structures.Structure:
        return structures.MeanFieldChain(*self.leaves, lengths=self.problem.lengths)


class Trees:
    """One problem of arc scores in Syntagma's terms."""

    def __init__(self, problem: TreeProblem) -> None:
        self.problem = problem

    def projective(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = structures.ProjectiveTree(self.problem.arcs, self.problem.lengths)
        return trees.log_partition(), trees.marginals().arcs

    def projective_best(self) -> Tensor:
        """Heads."""
        return structures.ProjectiveTree(self.problem.arcs, self.problem.lengths).argmax().outputs

    def matrix_tree(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = structures.NonProjectiveTree(self.problem.arcs, self.problem.lengths)
        return trees.log_partition(), trees.marginals().arcs
