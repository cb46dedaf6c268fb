"""Elimination of the states of Markov chains, without a subtraction: one after another, and all but one in turn.

A state k is eliminated by letting every walk pass through it at once,

    P[i, j] += P[i, k] * P[k, j] / s_k,        s_k = sum of P[k, j] over the states j that are left, without k itself,

which keeps rows summing to 1 (Grassmann, Taksar and Heyman, 1985: s_k is 1 - P[k, k], and is never computed as that).
Only positive numbers are added, multiplied and divided, so all results are right to almost the last digit, and they
never fall below what they were. The product of all s_k is the determinant of I - P.

Tables are `[chains, from, states + 1]`: from states to those that are left, and in the last column to what is not a
state: an exit (whose probability is a part of the row), or a reward (which is not).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

_BLOCK = 8  # states eliminated one by one; larger sets by products of matrices


class Arithmetic(Protocol):
    """What elimination needs of numbers, which are zero only outside tables. Matrices are `[chains, ., .]`."""

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise quotient."""

    def total(self, rows: Tensor) -> Tensor:
        """Sum over the columns, which are kept as one."""

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        """`base [., i, j] + column [., i, 1] * row [., 1, j]`"""

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        """`base [., i, j] + sum over k of left [., i, k] * right [., k, j]`"""

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        """`sum over k of left [., i, k] * right [., k, j]`"""

    def identity(self, size: int, like: Tensor) -> Tensor:
        """The matrix of which a product with another is that."""

    def logarithm(self, numbers: Tensor) -> Tensor:
        """Their logarithms."""


class _Numbers:
    """Plain numbers."""

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left / right

    def total(self, rows: Tensor) -> Tensor:
        return rows.sum(2, keepdim=True)

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        return torch.addcmul(base, column, row)

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        return torch.baddbmm(base, left, right)

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        return torch.bmm(left, right)

    def identity(self, size: int, like: Tensor) -> Tensor:
        return torch.eye(size, dtype=like.dtype, device=like.device)

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers.log()


class _Logarithms:
    """Logarithms of numbers: slower, and of any magnitude."""

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right

    def total(self, rows: Tensor) -> Tensor:
        return rows.logsumexp(2, keepdim=True)

    def plus_outer(self, base: Tensor, column: Tensor, row: Tensor) -> Tensor:
        return torch.logaddexp(base, column + row)

    def plus_product(self, base: Tensor, left: Tensor, right: Tensor) -> Tensor:
        return torch.logaddexp(base, self.product(left, right))

    def product(self, left: Tensor, right: Tensor) -> Tensor:
        return (left.unsqueeze(3) + right.unsqueeze(1)).logsumexp(2)

    def identity(self, size: int, like: Tensor) -> Tensor:
        return torch.eye(size, dtype=like.dtype, device=like.device).log()

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers


NUMBERS: Arithmetic = _Numbers()
LOGARITHMS: Arithmetic = _Logarithms()


class Walks(NamedTuple):
    """What walks do while one state after another is left out, i.e. where they stop."""

    last: Tensor
    """`[chains, states, from]`: the last column, of walks to each state, where they stop, from all: the probability of
    the exit before it, or the reward gathered before it."""
    log_pivots: Tensor
    """`[chains]`: log of the product of all s_k but that of state 0."""


def leave_one_out(table: Tensor, arithmetic: Arithmetic, *, exits: bool) -> Walks:
    """All states but one eliminated, for each of them; differentiable.

    Half of the states are eliminated, and the same is done with the other half; and the reverse. So all of them cost
    hardly more than one: of the order of states ** 3. The sets of a level are done at once, and are of one size: with
    an odd number the middle state is left in both halves.

    Args:
        table: `[chains, states, states + 1]`; rows sum to 1, with the last column (`exits`) or without it.
        arithmetic: of the table's numbers.
        exits: whether the last column is a way out for a walk, or only a reward.
    """
    chains, states, _ = table.shape
    inner, columns = table, table.mT  # of each set the table among its own states, and the columns from all states
    places, log_pivots = torch.arange(states).unsqueeze(0), table.new_zeros(chains)
    while places.shape[1] > _BLOCK:
        left = (places.shape[1] + 1) // 2
        passing, more = _pass_through_halves(inner, arithmetic, exits)
        log_pivots = log_pivots + more.view(chains, -1)[:, 0]
        columns = arithmetic.product(passing.flatten(1, 2), columns).view(-1, left + 1, states)
        inner = _among_the_left(inner, passing, arithmetic)
        places = torch.stack([places[:, :left], places[:, -left:]], 1).flatten(0, 1)
    passing, more = _pass_through_others(inner, arithmetic, exits)
    last = arithmetic.product(passing, columns).view(chains, -1, states)
    numbers = places.flatten().tolist()
    if len(numbers) > states:
        last = last[:, [numbers.index(state) for state in range(states)]]
    return Walks(last, log_pivots + more.view(chains, -1)[:, 0])


def _pass_through_halves(inner: Tensor, arithmetic: Arithmetic, exits: bool) -> tuple[Tensor, Tensor]:
    """How columns are made of those before, when the second half of the states has gone and when the first has.

    `[sets, 2, left + 1, states + 1]`; and the logarithms of the pivots, `[sets, 2]`.
    """
    sets, states, _ = inner.shape
    gone, left = states // 2, states - states // 2
    second = torch.cat([inner[:, left:, left:-1], inner[:, left:, :left], inner[:, left:, -1:]], 2)
    rows = torch.stack([second, inner[:, :gone]], 1).flatten(0, 1)  # the columns of those that go stand first
    hits, log_pivots = absorb(rows, arithmetic, exits=exits)
    hits = hits.mT.reshape(sets, 2, left + 1, gone)
    stays = arithmetic.identity(left + 1, inner).expand(sets, -1, -1)
    first = torch.cat([stays[..., :left], hits[:, 0], stays[..., left:]], 2)
    return torch.stack([first, torch.cat([hits[:, 1], stays], 2)], 1), log_pivots.view(sets, 2)


def _among_the_left(inner: Tensor, passing: Tensor, arithmetic: Arithmetic) -> Tensor:
    """The tables among the states that are left, `[sets * 2, left, left + 1]`."""
    left = passing.shape[2] - 1
    halves = (inner[:, :left], inner[:, -left:])
    return torch.stack([arithmetic.product(half, passing[:, i].mT) for i, half in enumerate(halves)], 1).flatten(0, 1)


def _pass_through_others(inner: Tensor, arithmetic: Arithmetic, exits: bool) -> tuple[Tensor, Tensor]:
    """What the last column is made of, when all others of a small set have gone: `[sets, states, states + 1]`.

    So for each of the states; who is there already has stopped. And the logarithms of the pivots, `[sets, states]`.
    """
    sets, states, _ = inner.shape
    others = [[other for other in range(states) if other != own] for own in range(states)]
    if states == 1:
        return arithmetic.identity(2, inner)[1:].expand(sets, -1, -1), inner.new_zeros(sets, 1)
    order = torch.tensor([[*rest, own, states] for own, rest in enumerate(others)], device=inner.device)
    rows = inner[:, order[:, :-2]].gather(3, order.view(1, states, 1, -1).expand(sets, -1, states - 1, -1))
    hits, log_pivots = absorb(rows.flatten(0, 1), arithmetic, exits=exits)
    stopped = arithmetic.identity(2, inner)[1:].expand(sets, states, -1)  # none of one's own, one of the last
    shares = torch.cat([hits[..., -1].view(sets, states, -1), stopped], 2)
    return shares.gather(2, order.argsort(1).expand(sets, -1, -1)), log_pivots.view(sets, states)


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
