"""What is measured: random scores with ragged lengths, the same for every library.

A chain's emissions have the stated standard deviation, its transitions, start and end a quarter of it: in trained
models the words say more than their neighbours. Gold labels are a random allowed sequence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

FORBIDDEN = float("-inf")


@dataclass(frozen=True)
class ChainProblem:
    """A batch of chains, float32; rows are sorted by length, longest first, because flair asks for it."""

    emissions: Tensor
    """`[batch, words, labels]`"""
    transitions: Tensor
    """`[labels, labels]`, from and to; -inf where forbidden."""
    start: Tensor
    """`[labels]`, -inf where forbidden."""
    end: Tensor
    """`[labels]`"""
    lengths: Tensor
    """`[batch]`"""
    labels: Tensor
    """Gold labels, `[batch, words]`, 0 in padding."""

    @property
    def mask(self) -> Tensor:
        """True at the words, `[batch, words]`."""
        return torch.arange(self.emissions.shape[1]) < self.lengths.unsqueeze(1)

    @property
    def constrained(self) -> bool:
        """Whether something is forbidden."""
        return bool(self.transitions.isneginf().any())

    def with_penalty(self, penalty: float) -> ChainProblem:
        """The same with a large negative score where something is forbidden, for libraries that can't have -inf."""
        transitions, start = (
            scores.masked_fill(scores.isneginf(), penalty) for scores in (self.transitions, self.start)
        )
        return replace(self, transitions=transitions, start=start)


@dataclass(frozen=True)
class TreeProblem:
    """A batch of arc scores, float32."""

    arcs: Tensor
    """`[batch, words, 1 + words]`: of a dependent and its head, 0 being the root."""
    lengths: Tensor
    """`[batch]`"""


def chain_problem(
    batch: int, words: int, labels: int, deviation: float, *, bio: bool = False, seed: int = 0
) -> ChainProblem:
    """Random scores; with `bio` what BIO forbids is -inf (labels 0: O, 1: B-X, 2: I-X, 3: B-Y, ...; a last one: O)."""
    torch.manual_seed(seed)
    emissions = torch.randn(batch, words, labels) * deviation
    transitions = torch.randn(labels, labels) * deviation / 4
    start, end = torch.randn(2, labels) * deviation / 4
    if bio:
        inside = torch.arange(2, labels, 2)
        allowed = torch.ones(labels, labels, dtype=torch.bool)
        allowed[:, inside] = False
        allowed[inside - 1, inside] = allowed[inside, inside] = True
        transitions, start = transitions.masked_fill(~allowed, FORBIDDEN), start.index_fill(0, inside, FORBIDDEN)
    lengths = _ragged(batch, words)
    gold = _gold(transitions, start, batch, words)
    problem = ChainProblem(emissions, transitions, start, end, lengths, gold)
    return replace(problem, labels=gold.where(problem.mask, 0))


def tree_problem(batch: int, words: int, deviation: float, *, seed: int = 0) -> TreeProblem:
    """Random scores of arcs."""
    torch.manual_seed(seed)
    return TreeProblem(torch.randn(batch, words, 1 + words) * deviation, _ragged(batch, words))


def _ragged(batch: int, words: int) -> Tensor:
    """From half full to full, the first row full."""
    lengths = torch.randint((words + 1) // 2, words + 1, (batch,))
    lengths[0] = words
    return lengths.sort(descending=True).values


def _gold(transitions: Tensor, start: Tensor, batch: int, words: int) -> Tensor:
    """Uniform steps through what is allowed."""
    path = [start.isfinite().float().expand(batch, -1).multinomial(1)[:, 0]]
    for _ in range(words - 1):
        path.append(transitions.isfinite().float()[path[-1]].multinomial(1)[:, 0])
    return torch.stack(path, dim=1)
