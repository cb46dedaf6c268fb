"""Derivatives of the log-partition function of projective trees: the first is the marginals, found with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.projective_sums import log_partition as log_partition_by_autograd


@dataclass(frozen=True)
class TreeSweep:
    """What a kernel found about rows of scores, without history."""

    lengths: Tensor
    single_root: bool
    log_partition: Tensor
    """`[batch]`"""
    marginals: Tensor
    """`[batch, words, 1 + words]`"""


def log_partition(arcs: Tensor, sweep: TreeSweep) -> Tensor:
    """log Z `[batch]`, differentiable in the scores `[batch, words, 1 + words]` that `sweep` has been over."""
    result: Tensor = _LogPartition.apply(arcs, sweep)  # type: ignore[no-untyped-call]
    return result


def marginals(arcs: Tensor, sweep: TreeSweep) -> Tensor:
    """Probability of every arc `[batch, words, 1 + words]`, differentiable likewise."""
    result: Tensor = _Marginals.apply(arcs, sweep)  # type: ignore[no-untyped-call]
    return result


class _LogPartition(torch.autograd.Function):
    """Gradient: the marginals, which the sweep has."""

    @staticmethod
    def forward(ctx: Any, arcs: Tensor, sweep: TreeSweep) -> Tensor:
        ctx.save_for_backward(arcs)
        ctx.sweep = sweep
        return sweep.log_partition.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (arcs,) = ctx.saved_tensors
        if torch.is_grad_enabled():  # someone will differentiate this gradient
            return gradient.view(-1, 1, 1) * marginals(arcs, ctx.sweep), None
        return gradient.view(-1, 1, 1) * ctx.sweep.marginals, None


class _Marginals(torch.autograd.Function):
    """Gradient: the covariance of the arcs times the incoming one, by autograd through the reference's inside pass.

    Whoever asks for it asks for a second derivative, which is rare; further ones come with it.
    """

    @staticmethod
    def forward(ctx: Any, arcs: Tensor, sweep: TreeSweep) -> Tensor:
        ctx.save_for_backward(arcs)
        ctx.sweep = sweep
        return sweep.marginals.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (arcs,) = ctx.saved_tensors
        further, sweep = torch.is_grad_enabled(), ctx.sweep
        with torch.enable_grad():
            scores = arcs if further else arcs.detach().requires_grad_(True)
            log_z = log_partition_by_autograd(scores, sweep.lengths, sweep.single_root).sum()
            (first,) = torch.autograd.grad(log_z, scores, create_graph=True)
            (second,) = torch.autograd.grad(first, scores, gradient, create_graph=further)
        return second, None
