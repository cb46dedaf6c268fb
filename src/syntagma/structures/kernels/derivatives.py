"""Derivatives of the log-partition function in closed form: the first is the marginals, the second their covariance."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import Sweep


def log_partition(emissions: Tensor, transitions: Tensor, sweep: Sweep) -> Tensor:
    """`[batch]`, differentiable in the lattice's emissions and transitions; `sweep` has already been over them."""
    result: Tensor = _LogPartition.apply(emissions, transitions, sweep)  # type: ignore[no-untyped-call]
    return result


def marginals(emissions: Tensor, transitions: Tensor, sweep: Sweep) -> tuple[Tensor, Tensor]:
    """Unary `[words, batch, labels]` and pair `[words - 1, batch, from, to]` probabilities, differentiable likewise."""
    unary, pairs = _Marginals.apply(emissions, transitions, sweep)  # type: ignore[no-untyped-call]
    return unary, pairs


class _LogPartition(torch.autograd.Function):
    """Gradient: the marginals, from the forward messages that are kept in the sweep."""

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, transitions: Tensor, sweep: Sweep) -> Tensor:
        ctx.save_for_backward(emissions, transitions)
        ctx.sweep = sweep
        return sweep.log_partition()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        emissions, transitions = ctx.saved_tensors
        row = gradient.view(1, -1, 1)
        if torch.is_grad_enabled():  # someone will differentiate this gradient
            unary, pairs = marginals(emissions, transitions, ctx.sweep)
            return row * unary, _as_table(row.unsqueeze(-1) * pairs, transitions), None
        for_emissions = ctx.sweep.unary() * row if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:
            return for_emissions, None, None
        if transitions.dim() == 2:
            return for_emissions, ctx.sweep.pair_sum(gradient), None
        return for_emissions, ctx.sweep.pairs() * row.unsqueeze(-1), None


class _Marginals(torch.autograd.Function):
    """Gradient: the covariance of the parts times the incoming one, which needs nothing but the marginals themselves.

    Written in torch operations on its own outputs, so that it can be differentiated again, at the price of a graph.
    """

    @staticmethod
    def forward(ctx: Any, emissions: Tensor, transitions: Tensor, sweep: Sweep) -> tuple[Tensor, Tensor]:
        unary, pairs = sweep.unary(), sweep.pairs()
        ctx.save_for_backward(transitions, unary, pairs)
        return unary, pairs

    @staticmethod
    def backward(ctx: Any, for_unary: Tensor, for_pairs: Tensor) -> tuple[Tensor, Tensor, None]:
        transitions, unary, pairs = ctx.saved_tensors
        of_unary, of_pairs = covariance(unary, pairs, for_unary, for_pairs)
        return of_unary, _as_table(of_pairs, transitions), None


def covariance(unary: Tensor, pairs: Tensor, g: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Covariance of every part with the sum `G = sum of g[unary part] + h[pair part]` over a path.

    A chain is a Markov chain in both directions. With `left_i[b] = E(G up to word i | y_i = b)` and
    `right_i[b] = E(G after word i | y_i = b)`, each a recurrence over conditional probabilities,

        cov(part, G) = p(part) * (E(G | part) - E(G)).

    Shapes as `Sweep.unary` and `Sweep.pairs`; padded parts have probability 0 and get 0.
    """
    known = torch.where(unary > 0, unary, 1.0)
    given_next, given_previous = pairs / known[1:].unsqueeze(-2), pairs / known[:-1].unsqueeze(-1)
    into = (given_next * h).sum(-2)
    out_of = (given_previous * (h + g[1:].unsqueeze(-2))).sum(-1)
    left, right = [g[0]], [torch.zeros_like(g[0])]
    words = unary.shape[0]
    for i in range(1, words):
        left.append(g[i] + into[i - 1] + (given_next[i - 1] * left[-1].unsqueeze(-1)).sum(-2))
    for i in range(words - 2, -1, -1):
        right.append(out_of[i] + (given_previous[i] * right[-1].unsqueeze(-2)).sum(-1))
    before, after = torch.stack(left), torch.stack(right[::-1])
    mean = (unary[0] * (before[0] + after[0])).sum(-1, keepdim=True)
    around = before[:-1].unsqueeze(-1) + h + (g[1:] + after[1:]).unsqueeze(-2)
    return unary * (before + after - mean), pairs * (around - mean.unsqueeze(-1))


def _as_table(pairs: Tensor, transitions: Tensor) -> Tensor:
    return pairs.sum((0, 1)) if transitions.dim() == 2 else pairs
