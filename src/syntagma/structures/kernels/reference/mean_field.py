"""Mean field for chains: every word's label answers to what its neighbours expect, at all positions at once.

    Q^m = softmax(Z^m), and 0 in padding
    Z^0 = s,   Z^{m+1} = s + boundary + sum over tables of the messages that Q^m sends

(AIN, arXiv 2009.08229.) There is no loop over positions, only one over the few iterations, which autograd goes through.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad


@dataclass(frozen=True)
class Potentials:
    """The scores of a batch of chains of order one or two; in padding they are 0."""

    unary: Tensor
    """`[batch, words, labels]`, finite or -inf."""
    boundary: Tensor
    """`[batch, words, labels]`, what the ends of a sentence add to the labels of words there; finite or -inf."""
    valid: Tensor
    """`[batch, words]` bool."""
    pairs: dict[int, Tensor]
    """By distance d, the scores of the labels of words i and i + d: `[labels, labels]` (left, right), or one table a
    pair of words, `[batch, words - d, labels, labels]`."""
    triples: Tensor | None
    """`[labels, labels, labels]`, of three neighbouring words."""

    def to(self, dtype: torch.dtype) -> Potentials:
        """The same in another precision."""
        pairs = {distance: table.to(dtype) for distance, table in self.pairs.items()}
        triples = None if self.triples is None else self.triples.to(dtype)
        return replace(self, unary=self.unary.to(dtype), boundary=self.boundary.to(dtype), pairs=pairs, triples=triples)


def mean_field(potentials: Potentials, iterations: int) -> Tensor:
    """The logits `Z^iterations [batch, words, labels]`, 0 in padding; of 0 iterations, the unary scores."""
    bounded = potentials.unary + potentials.boundary
    # a label that the boundary forbids is forbidden from the first Q on
    logits = potentials.unary.where(bounded > -torch.inf, -torch.inf)
    own = potentials.valid.unsqueeze(-1)
    for _ in range(iterations):
        logits = bounded + _messages(potentials, logits.softmax(-1) * own)
    return logits.where(own, 0.0)


def expected_score(potentials: Potentials, q: Tensor) -> Tensor:
    """The mean score `[batch]` of labels that are drawn word by word from `q [batch, words, labels]`, 0 in padding."""
    unary = torch.where(q == 0, 0.0, potentials.unary + potentials.boundary)
    total = (q * unary).sum((1, 2))
    for distance, table in potentials.pairs.items():
        if q.shape[1] > distance:
            total = total + (_times(q[:, :-distance], table) * q[:, distance:]).sum((1, 2))
    if potentials.triples is not None and q.shape[1] > 2:
        left, middle, right = q[:, :-2], q[:, 1:-1], q[:, 2:]
        total = total + torch.einsum("nsa,nsb,abc,nsc->n", left, middle, potentials.triples, right)
    return total


def _messages(potentials: Potentials, q: Tensor) -> Tensor:
    total = torch.zeros_like(q)
    for distance, table in potentials.pairs.items():
        if q.shape[1] > distance:
            total = total + _of_pairs(q, table, distance)
    if potentials.triples is not None and q.shape[1] > 2:
        total = total + _of_triples(q, potentials.triples)
    return total


def _of_pairs(q: Tensor, table: Tensor, distance: int) -> Tensor:
    """What every word hears from the words `distance` to its left and to its right."""
    from_left, from_right = _times(q[:, :-distance], table), _times(q[:, distance:], table.mT)
    return pad(from_left, (0, 0, distance, 0)) + pad(from_right, (0, 0, 0, distance))


def _of_triples(q: Tensor, table: Tensor) -> Tensor:
    """What every word hears from the two others of each triple that it is the right, the middle, the left word of."""
    left, middle, right = q[:, :-2], q[:, 1:-1], q[:, 2:]
    to_right = torch.einsum("nsa,nsb,abc->nsc", left, middle, table)
    to_middle = torch.einsum("nsa,nsc,abc->nsb", left, right, table)
    to_left = torch.einsum("nsb,nsc,abc->nsa", middle, right, table)
    return pad(to_right, (0, 0, 2, 0)) + pad(to_middle, (0, 0, 1, 1)) + pad(to_left, (0, 0, 0, 2))


def _times(q: Tensor, table: Tensor) -> Tensor:
    """`q [batch, words, from]` times `table [from, to]` or `[batch, words, from, to]`."""
    return q @ table if table.dim() == 2 else (q.unsqueeze(-2) @ table).squeeze(-2)
