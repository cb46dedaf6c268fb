"""Elimination of the states of Markov chains, without a subtraction: one after another, and all but one in turn.

A state k is eliminated by letting every walk pass through it at once,

    P[i, j] += P[i, k] * P[k, j] / s_k,        s_k = sum of P[k, j] over the states j that are left, without k itself,

which keeps rows summing to 1 (Grassmann, Taksar and Heyman, 1985: s_k is 1 - P[k, k], and is never computed as that).
Only positive numbers are added, multiplied and divided, so all results are right to almost the last digit, and they
never fall below what they were. The product of all s_k is the determinant of I - P.

Tables are `[chains, from, states + 1]`: from states to those that are left, which in a set's own table are the same and
in the same order, and in the last column to what is not a state: an exit (whose probability is a part of the row), or a
reward (which is not).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

_BLOCK = 4  # states eliminated one by one; larger sets by products of matrices
_SMALL = 8  # states of which the walks among themselves are found first


class Arithmetic(Protocol):
    """What elimination needs of numbers, none of which is zero. Matrices are `[chains, ., .]`."""

    zero: float

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise quotient."""

    def total(self, rows: Tensor) -> Tensor:
        """Sum over the columns, which are kept as one."""

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        """`base [., i, j] + column [., i, 1] * row [., 1, j]`"""

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """`base [., i, j] + sum over k of left [., i, k] * right [., k, j]`"""

    def logarithm(self, numbers: Tensor) -> Tensor:
        """Their logarithms."""


class _Numbers:
    """Plain numbers."""

    zero = 0.0

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left / right

    def total(self, rows: Tensor) -> Tensor:
        return rows.sum(2, keepdim=True)

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        return torch.addcmul(base, column, row)

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        return torch.baddbmm(base, left, right)

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers.log()


class _Logarithms:
    """Logarithms of numbers: slower, and of any magnitude."""

    zero = -torch.inf

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right

    def total(self, rows: Tensor) -> Tensor:
        return rows.logsumexp(2, keepdim=True)

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        return torch.logaddexp(base, column + row)

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        return torch.logaddexp(base, (left.unsqueeze(3) + right.unsqueeze(1)).logsumexp(2))

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers


NUMBERS: Arithmetic = _Numbers()
LOGARITHMS: Arithmetic = _Logarithms()


class Walks(NamedTuple):
    """What walks do while one state after another is left out, i.e. where they stop."""

    last: Tensor
    """`[chains, from, states]`: the last column, of walks from each state that stop at the second: the probability of
    the exit before it, or the reward gathered before it."""
    log_pivots: Tensor
    """`[chains]`: log of the product of all s_k but that of state 0."""


def leave_one_out(inner: Tensor, arithmetic: Arithmetic, *, exits: bool, outer: Tensor | None = None) -> Walks:
    """All states but one eliminated, for each of them; differentiable.

    Half of the states are eliminated, and the same is done with the other half; and the reverse. So all of them cost
    hardly more than one: of the order of states ** 3.

    Args:
        inner: `[chains, states, states + 1]`; rows sum to 1, with the last column (`exits`) or without it.
        arithmetic: of the table's numbers.
        exits: whether the last column is a way out for a walk, or only a reward.
        outer: `[chains, from, states + 1]`, from where walks are asked for; None for the states themselves.
    """
    states = inner.shape[1]
    if states == 1:
        return Walks((inner if outer is None else outer)[..., 1:], inner.new_zeros(len(inner)))
    if states <= _SMALL and outer is not None:
        hits, log_pivots = leave_one_out(inner, arithmetic, exits=exits)
        own = torch.eye(states, dtype=torch.bool, device=inner.device)
        hits = hits.masked_fill(own, arithmetic.zero)  # who is there already stops
        return Walks(arithmetic.plus_product(outer[..., states:], outer[..., :states], hits), log_pivots)
    halves, log_pivots = _halve(inner, inner if outer is None else outer, arithmetic, exits)
    last, more = leave_one_out(halves[0], arithmetic, exits=exits, outer=halves[1])
    first, second = last.view(-1, 2, *last.shape[1:]).unbind(1)
    return Walks(torch.cat([first, second[..., states % 2 :]], 2), (log_pivots + more)[::2])


def _halve(inner: Tensor, outer: Tensor, arithmetic: Arithmetic, exits: bool) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Tables with the second half of the states eliminated, and, after each, with the first; the pivots' logarithms.

    With an odd number the middle one stays in both, so that all are of one size.
    """
    states = inner.shape[1]
    gone, left = states // 2, states - states // 2
    turned = torch.cat([inner[:, left:], inner[:, :left]], 1)
    turned = torch.cat([turned[..., left:-1], turned[..., :left], turned[..., -1:]], 2)
    both = torch.stack([turned, inner], 1).flatten(0, 1)  # the states that go stand first
    hits, log_pivots = absorb(both[:, :gone], arithmetic, exits=exits)
    inner = arithmetic.plus_product(both[:, gone:, gone:], both[:, gone:, :gone], hits)
    from_second, from_first = hits.view(-1, 2, *hits.shape[1:]).unbind(1)
    first = torch.cat([outer[..., :left], outer[..., -1:]], 2)
    first = arithmetic.plus_product(first, outer[..., left:-1], from_second)
    second = arithmetic.plus_product(outer[..., gone:], outer[..., :gone], from_first)
    return (inner, torch.stack([first, second], 1).flatten(0, 1)), log_pivots


def absorb(rows: Tensor, arithmetic: Arithmetic, *, exits: bool) -> tuple[Tensor, Tensor]:
    """Where walks from a set of states are when they first leave it, and the log of the product of its pivots.

    Args:
        rows: `[chains, states, states + others]`, the table's rows of these states, whose columns stand first.
        arithmetic: of the table's numbers.
        exits: whether the last column is a way out.
    """
    states = rows.shape[1]
    if states <= _BLOCK:
        return _absorb_one_by_one(rows, arithmetic, exits)
    half = states // 2
    rest = states - half
    upper, log_upper = absorb(rows[:, :half], arithmetic, exits=exits)
    below = arithmetic.plus_product(rows[:, half:, half:], rows[:, half:, :half], upper)
    lower, log_lower = absorb(below, arithmetic, exits=exits)
    upper = arithmetic.plus_product(upper[..., rest:], upper[..., :rest], lower)
    return torch.cat([upper, lower], 1), log_upper + log_lower


def _absorb_one_by_one(rows: Tensor, arithmetic: Arithmetic, exits: bool) -> tuple[Tensor, Tensor]:
    pivots = []
    for k in range(rows.shape[1]):
        leaving = rows[:, k : k + 1, 1:]
        pivots.append(arithmetic.total(leaving if exits else leaving[..., :-1]))
        rows = arithmetic.plus_outer(rows[..., 1:], rows[..., :1], arithmetic.over(leaving, pivots[-1]))
    return rows, arithmetic.logarithm(torch.cat(pivots, 1)).sum((1, 2))
