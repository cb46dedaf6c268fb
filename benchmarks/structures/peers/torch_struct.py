"""torch-struct: chains as one table a step, and trees with the root's scores on the diagonal."""

from __future__ import annotations

import torch
from problems import ChainProblem, TreeProblem
from torch import Tensor
from torch_struct import DependencyCRF, LinearChainCRF, NonProjectiveDependencyCRF

_LIMIT_GB = 0.5


class Chain:
    """One problem in torch-struct's terms: tables `[batch, words - 1, to, from]` with everything in them."""

    distribution = "torch-struct"

    def __init__(self, problem: ChainProblem) -> None:
        self.problem = problem
        self.emissions = problem.emissions.clone().requires_grad_(True)
        self.transitions = problem.transitions.clone().requires_grad_(True)
        count = problem.emissions.shape[2]
        self.gold = LinearChainCRF.struct.to_parts(problem.labels, count, problem.lengths).float()

    def _distribution(self, semiring_size: int = 1) -> LinearChainCRF:
        batch, words, count = self.emissions.shape
        need = 4e-9 * batch * (words / 2) * count**3 * semiring_size**2
        if need > _LIMIT_GB:
            raise MemoryError(f"its first step alone takes {need:.1f} GB")
        problem = self.problem
        steps = self.transitions.T.contiguous() + self.emissions[:, 1:].unsqueeze(3)
        steps[:, 0] += (self.emissions[:, 0] + problem.start).unsqueeze(1)
        steps[torch.arange(batch), problem.lengths - 2] += problem.end.unsqueeze(1)
        return LinearChainCRF(steps, problem.lengths)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self._distribution().log_prob(self.gold).sum()
        return torch.autograd.grad(loss, (self.emissions, self.transitions))

    def viterbi(self) -> Tensor:
        """The paths, `[batch, words]`."""
        return _labels(self._distribution().argmax)

    def topk(self, k: int) -> Tensor:
        """k paths of each row, `[k, batch, words]`."""
        return torch.stack([_labels(tables) for tables in self._distribution(k).topk(k)])

    def k_paths(self, found: Tensor) -> list[list[list[int]]]:
        """What `topk` found, as lists."""
        lengths = self.problem.lengths.tolist()
        return [[path[:n] for path in row] for row, n in zip(found.transpose(0, 1).tolist(), lengths, strict=True)]

    def marginals(self) -> Tensor:
        """Of the labels, summed from those of the pairs."""
        return _by_word(self._distribution().marginals)


class Trees:
    """One problem in torch-struct's terms."""

    distribution = "torch-struct"

    def __init__(self, problem: TreeProblem) -> None:
        self.problem = problem
        self.scores = problem.arcs[:, :, 1:].transpose(1, 2).contiguous()  # [batch, head, dependent]
        self.scores.diagonal(0, 1, 2).copy_(problem.arcs[:, :, 0])
        self.leaf = self.scores.clone().requires_grad_(True)  # without a gradient it can't take ragged lengths

    def projective(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = DependencyCRF(self.leaf, self.problem.lengths, multiroot=False)
        return trees.partition, _by_dependent(trees.marginals)

    def projective_best(self) -> Tensor:
        """Heads."""
        trees = DependencyCRF(self.leaf, self.problem.lengths, multiroot=False)
        return _by_dependent(trees.argmax).argmax(2)

    def matrix_tree(self) -> tuple[Tensor, Tensor]:
        """log Z and marginals."""
        trees = NonProjectiveDependencyCRF(self.scores, self.problem.lengths, multiroot=False)
        return trees.partition, _by_dependent(trees.marginals)


def _labels(tables: Tensor) -> Tensor:
    """Which labels tables of 0 and 1 stand for; faster than its own `from_event`."""
    return _by_word(tables).argmax(2)


def _by_word(tables: Tensor) -> Tensor:
    """`[batch, words, labels]`: tables of pairs summed over the neighbour."""
    return torch.cat([tables[:, :1].sum(2), tables.sum(3)], dim=1)


def _by_dependent(parts: Tensor) -> Tensor:
    """`[batch, words, 1 + words]` of a table with the root on its diagonal."""
    roots = parts.diagonal(0, 1, 2).unsqueeze(2)
    heads = parts.transpose(1, 2).masked_fill(torch.eye(parts.shape[1], dtype=torch.bool), 0)
    return torch.cat([roots, heads], dim=2)
