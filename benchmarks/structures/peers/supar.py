"""SuPar's structs: chains, projective trees and the matrix-tree theorem, differentiated by autograd."""

from __future__ import annotations

import torch
from problems import ChainProblem, TreeProblem
from torch import Tensor

from peers.loading import open_folders

open_folders("supar", "utils")

from supar.structs import DependencyCRF, LinearChainCRF, MatrixTree  # noqa: E402


class Chain:
    """One problem in SuPar's terms: start and end are a row and a column of the transitions."""

    distribution = "supar"

    def __init__(self, problem: ChainProblem) -> None:
        self.problem = problem
        count = problem.emissions.shape[2]
        table = torch.zeros(count + 1, count + 1)
        table[:count, :count], table[-1, :-1], table[:-1, -1] = problem.transitions, problem.start, problem.end
        self.emissions, self.table = problem.emissions.clone().requires_grad_(True), table.requires_grad_(True)

    def _distribution(self) -> LinearChainCRF:
        return LinearChainCRF(self.emissions, self.table, self.problem.lengths)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self._distribution().log_prob(self.problem.labels).sum()
        emissions, table = torch.autograd.grad(loss, (self.emissions, self.table))
        return emissions, table[:-1, :-1]

    def viterbi(self) -> Tensor:
        """The paths, `[batch, words]`."""
        return self._distribution().argmax

    def topk(self, k: int) -> Tensor:
        """k paths of each row, `[batch, words, k]`."""
        return self._distribution().topk(k)

    def k_paths(self, found: Tensor) -> list[list[list[int]]]:
        """What `topk` found, as lists."""
        lengths = self.problem.lengths.tolist()
        return [[path[:n] for path in row.T.tolist()] for row, n in zip(found, lengths, strict=True)]

    def marginals(self) -> Tensor:
        """Of the labels."""
        return self._distribution().marginals


class Trees:
    """One problem in SuPar's terms: a row for the root, which nothing reads."""

    distribution = "supar"

    def __init__(self, problem: TreeProblem) -> None:
        self.problem = problem
        self.scores = torch.nn.functional.pad(problem.arcs, (0, 0, 1, 0))

    def projective(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = DependencyCRF(self.scores, self.problem.lengths)
        return trees.log_partition, trees.marginals[:, 1:]

    def projective_best(self) -> Tensor:
        """Heads."""
        return DependencyCRF(self.scores, self.problem.lengths).argmax[:, 1:]

    def matrix_tree(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = MatrixTree(self.scores, self.problem.lengths)
        return trees.log_partition, trees.marginals[:, 1:]
