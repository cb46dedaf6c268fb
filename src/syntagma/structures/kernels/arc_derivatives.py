"""Derivatives of the log-partition function of structures over arcs: the first is the marginals, found with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class ArcSums:
    """What a kernel found about rows of scores, without history."""

    log_partition: Tensor
    """`[batch]`"""
    marginals: Tensor
    """`[batch, words, 1 + words]`"""
    again: Callable[[Tensor], Tensor]
    """The marginals of scores `[batch, words, 1 + words]`, by operations that autograd follows."""


def log_partition(arcs: Tensor, sums: ArcSums) -> Tensor:
    """log Z `[batch]`, differentiable in the scores `[batch, words, 1 + words]` that `sums` are of."""
    result: Tensor = _LogPartition.apply(arcs, sums)  # type: ignore[no-untyped-call]
    return result


def marginals(arcs: Tensor, sums: ArcSums) -> Tensor:
    """Probability of every arc `[batch, words, 1 + words]`, differentiable likewise."""
    if not arcs.requires_grad:
        return sums.marginals
    result: Tensor = _Marginals.apply(arcs, sums)  # type: ignore[no-untyped-call]
    return result


class _LogPartition(torch.autograd.Function):
    """Gradient: the marginals."""

    @staticmethod
    def forward(ctx: Any, arcs: Tensor, sums: ArcSums) -> Tensor:
        ctx.save_for_backward(arcs)
        ctx.sums = sums
        return sums.log_partition.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (arcs,) = ctx.saved_tensors
        known = marginals(arcs, ctx.sums) if torch.is_grad_enabled() else ctx.sums.marginals
        return gradient.view(-1, 1, 1) * known, None


class _Marginals(torch.autograd.Function):
    """Gradient: the covariance of the arcs times the incoming one, which autograd finds through the reference.

    Whoever asks for it asks for a second derivative, which is rare; further ones come with it.
    """

    @staticmethod
    def forward(ctx: Any, arcs: Tensor, sums: ArcSums) -> Tensor:
        ctx.save_for_backward(arcs)
        ctx.sums = sums
        return sums.marginals.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (arcs,) = ctx.saved_tensors
        further = torch.is_grad_enabled()
        with torch.enable_grad():
            scores = arcs if further else arcs.detach().requires_grad_(True)
            (covariance,) = torch.autograd.grad(ctx.sums.again(scores), scores, gradient, create_graph=further)
        return covariance, None
