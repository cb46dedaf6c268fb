"""Derivatives of the log-partition function in closed form: the first is the marginals, the second their covariance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import Sweep
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.parts import ChainParts, boundary_parts, chain_parts

# In each function the four scores come first, as they were given: start and end may be None.


def log_partition(lattice: Lattice, sweep: Sweep, dtype: torch.dtype) -> Tensor:
    """`[batch]` in `dtype`, differentiable in the lattice's scores; `sweep` has already been over them."""
    result: Tensor = _LogPartition.apply(*lattice.scores, sweep, dtype)  # type: ignore[no-untyped-call]
    return result


def log_prob(lattice: Lattice, sweep: Sweep, labels: Tensor, score: Tensor, dtype: torch.dtype) -> Tensor:
    """Log-probability `[batch]` of `labels [batch, words]` whose `score [batch]` is known; differentiable likewise."""
    result: Tensor = _LogProb.apply(*lattice.scores, sweep, labels, score, dtype)  # type: ignore[no-untyped-call]
    return result


def marginals(lattice: Lattice, sweep: Sweep) -> tuple[Tensor, Tensor]:
    """Unary `[batch, words, labels]` and pair `[batch, words - 1, from, to]` probabilities, differentiable likewise."""
    unary, pairs = _Marginals.apply(*lattice.scores, sweep)  # type: ignore[no-untyped-call]
    return unary, pairs


class _LogPartition(torch.autograd.Function):
    """Gradient: the marginals, from the forward messages that are kept in the sweep."""

    @staticmethod
    def forward(
        ctx: Any,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor | None,
        end: Tensor | None,
        sweep: Sweep,
        dtype: torch.dtype,
    ) -> Tensor:
        ctx.save_for_backward(emissions, transitions, start, end)
        ctx.sweep = sweep
        return sweep.log_partition().to(dtype, copy=True)  # the sweep keeps its own

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # someone will differentiate this gradient
            expected = _differentiable_parts(ctx)
            return *_by_scores(expected, ctx.saved_tensors, gradient), None, None
        return *ctx.sweep.gradient(gradient), None, None


class _LogProb(torch.autograd.Function):
    """Gradient: the parts that the labels have, less the marginals."""

    @staticmethod
    def forward(
        ctx: Any,
        emissions: Tensor,
        transitions: Tensor,
        start: Tensor | None,
        end: Tensor | None,
        sweep: Sweep,
        labels: Tensor,
        score: Tensor,
        dtype: torch.dtype,
    ) -> Tensor:
        ctx.save_for_backward(emissions, transitions, start, end)
        ctx.sweep, ctx.labels = sweep, labels
        return (score - sweep.log_partition()).to(dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            expected = _differentiable_parts(ctx)
            own = chain_parts(ctx.labels, expected.emissions.shape[2], ctx.sweep.lattice.lengths, torch.float64)
            less = ChainParts(*(mine - mean for mine, mean in zip(own, expected, strict=True)))
            return *_by_scores(less, ctx.saved_tensors, gradient), *[None] * 4
        return *ctx.sweep.gradient(-gradient, ctx.labels), *[None] * 4


class _Marginals(torch.autograd.Function):
    """Gradient: the covariance of the parts times the incoming one, which needs nothing but the marginals themselves.

    Written in torch operations on its own outputs, so that it can be differentiated again, at the price of a graph.
    """

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, transitions: Tensor, start: Tensor | None, end: Tensor | None, sweep: Sweep
    ) -> tuple[Tensor, Tensor]:
        unary, pairs = sweep.unary(), sweep.pairs()
        ctx.save_for_backward(emissions, transitions, start, end, unary, pairs)
        ctx.lengths = sweep.lattice.lengths
        return unary, pairs

    @staticmethod
    def backward(ctx: Any, for_unary: Tensor, for_pairs: Tensor) -> tuple[Tensor | None, ...]:
        *scores, unary, pairs = ctx.saved_tensors
        time_first = (part.transpose(0, 1) for part in (unary, pairs, for_unary, for_pairs))
        of_unary, of_pairs = (part.transpose(0, 1) for part in covariance(*time_first))
        return *_by_scores(boundary_parts(of_unary, of_pairs, ctx.lengths), scores), None


def _differentiable_parts(ctx: Any) -> ChainParts:
    lengths = ctx.sweep.lattice.lengths
    emissions, transitions, start, end = ctx.saved_tensors
    return boundary_parts(*marginals(Lattice(emissions, transitions, start, end, lengths), ctx.sweep), lengths)


def _by_scores(
    parts: ChainParts, scores: Sequence[Tensor | None], weights: Tensor | None = None
) -> list[Tensor | None]:
    """Derivatives by parts, each row's times its weight, as derivatives by scores: summed where a score is shared."""
    result: list[Tensor | None] = []
    for part, score in zip(parts, scores, strict=True):
        if score is None:
            result.append(None)
            continue
        weighted = part if weights is None else part * weights.view(-1, *[1] * (part.dim() - 1))
        over = tuple(range(part.dim() - score.dim()))
        result.append(weighted.sum(over) if over else weighted)
    return result


def covariance(unary: Tensor, pairs: Tensor, g: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Covariance of every part with the sum `G = sum of g[unary part] + h[pair part]` over a path.

    A chain is a Markov chain in both directions. With `left_i[b] = E(G up to word i | y_i = b)` and
    `right_i[b] = E(G after word i | y_i = b)`, each a recurrence over conditional probabilities,

        cov(part, G) = p(part) * (E(G | part) - E(G)).

    `unary, g [words, batch, labels]`, `pairs, h [words - 1, batch, from, to]`; padded parts have probability 0, get 0.
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
