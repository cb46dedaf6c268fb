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
    boundary: Tensor | None
    """`[batch, words, labels]`, what the ends of a sentence add to the labels of words there; finite or -inf."""
    valid: Tensor | None
    """`[batch, words, 1]` bool; None where there is no padding."""
    pairs: dict[int, Tensor]
    """By distance d, the scores of the labels of words i and i + d: `[labels, labels]` (left, right), or one table a
    pair of words, `[batch, words - d, labels, labels]`."""
    triples: Tensor | None
    """`[labels, labels, labels]`, of three neighbouring words."""

    def to(self, dtype: torch.dtype) -> Potentials:
        """The same in another precision."""
        boundary, triples = (None if part is None else part.to(dtype) for part in (self.boundary, self.triples))
        pairs = {distance: table.to(dtype) for distance, table in self.pairs.items()}
        return replace(self, unary=self.unary.to(dtype), boundary=boundary, pairs=pairs, triples=triples)

    @property
    def bounded(self) -> Tensor:
        """The scores of single labels, those of the ends among them."""
        return self.unary if self.boundary is None else self.unary + self.boundary


def mean_field(potentials: Potentials, iterations: int) -> Tensor:
    """The logits `Z^iterations [batch, words, labels]`, 0 in padding; of 0 iterations, the unary scores."""
    bounded, logits = potentials.bounded, potentials.unary
    if potentials.boundary is not None:  # a label that an end forbids is forbidden from the first Q on
        logits = logits.where(bounded > -torch.inf, -torch.inf)
    for _ in range(iterations):
        q = logits.softmax(-1)
        logits = bounded + _messages(potentials, q if potentials.valid is None else q * potentials.valid)
    return logits if potentials.valid is None else logits.where(potentials.valid, 0.0)


def expected_score(potentials: Potentials, q: Tensor) -> Tensor:
    """The mean score `[batch]` of labels that are drawn word by word from `q [batch, words, labels]`, 0 in padding."""
    total = (q * torch.where(q == 0, 0.0, potentials.bounded)).sum((1, 2))
    for distance, table in potentials.pairs.items():
        if q.shape[1] > distance:
            total = total + (_times(q[:, :-distance], table) * q[:, distance:]).sum((1, 2))
    if potentials.triples is not None and q.shape[1] > 2:
        left, middle, right = q[:, :-2], q[:, 1:-1], q[:, 2:]
        total = total + torch.einsum("nsa,nsb,abc,nsc->n", left, middle, potentials.triples, right)
    return total


def _messages(potentials: Potentials, q: Tensor) -> Tensor:
    total = torch.zeros_like(q[:1, :1])
    for distance, table in potentials.pairs.items():
        if q.shape[1] > distance:
            total = total + _of_pairs(q, table, distance)
    if potentials.triples is not None and q.shape[1] > 2:
        total = total + _of_triples(q, potentials.triples)
    return total


def _of_pairs(q: Tensor, table: Tensor, distance: int) -> Tensor:
    """What every word hears from the words `distance` to its left and to its right."""
    if table.dim() == 2:  # one product for both
        from_left, from_right = (q @ torch.cat([table, table.mT], 1)).chunk(2, -1)
        from_left, from_right = from_left[:, :-distance], from_right[:, distance:]
    else:
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
