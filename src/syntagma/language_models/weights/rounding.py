"""How a group of weights is rounded to four bits: by the scale and the offset with the least squared error."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import choose

_LEVELS = 15
_CANDIDATES = (14.0, 14.5, 15.0, 15.5, 16.0, 16.5)
"""Into how many steps the range of a group is cut to begin with; the ends are then clipped."""
_AT_ONCE = 1 << 20


def rounded_to_four_bits(groups: Tensor) -> tuple[Tensor, Tensor]:
    """Groups `[out, groups, size]` as whole numbers 0 to 15, uint8, and `[out, groups, 2]` bfloat16: scale and offset.

    A weight is then `(number - 8) * scale + offset`. Several scales are tried for each group, and for the numbers that
    each leads to, scale and offset follow by least squares; what comes closest after rounding is kept.
    """
    flat = groups.flatten(0, 1)
    if choose(flat, float(len(_CANDIDATES)) * groups.numel(), learns=False) == "cpu":
        from syntagma.language_models.weights.cpu.rounding import rounded

        numbers, scales = rounded(flat, _CANDIDATES)
        return numbers.view(groups.shape), scales.view(*groups.shape[:-1], 2)
    numbers = torch.empty(groups.shape, dtype=torch.uint8, device=groups.device)
    scales = torch.empty(*groups.shape[:-1], 2, dtype=torch.bfloat16, device=groups.device)
    step = max(1, _AT_ONCE // groups.shape[-1])
    for first in range(0, len(flat), step):
        part = slice(first, first + step)
        numbers.view(flat.shape)[part], scales.view(-1, 2)[part] = _rounded(flat[part])
    return numbers, scales


def _rounded(groups: Tensor) -> tuple[Tensor, Tensor]:
    """The best of all candidates for groups `[n, size]`."""
    low, high = groups.aminmax(dim=-1, keepdim=True)
    best_error = torch.full_like(low, torch.inf)
    best = torch.zeros(len(groups), 2, dtype=torch.bfloat16, device=groups.device)
    for steps in _CANDIDATES:
        scale = ((high - low) / steps).clamp_min(torch.finfo(torch.float32).tiny)
        middle = (low + high) / 2
        numbers = ((groups - middle) / scale + 7.5).round().clamp(0, _LEVELS)
        fitted = _least_squares(groups, numbers - 8)
        error = (groups - _nearest(groups, fitted)[1]).square().sum(-1, keepdim=True)
        better = error < best_error
        best_error = torch.where(better, error, best_error)
        best = torch.where(better, fitted, best)
    return _nearest(groups, best)[0].to(torch.uint8), best


def _nearest(groups: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers 0 to 15 that come closest with a scale and an offset, and what they stand for."""
    scale, offset = scales.float()[..., None].unbind(-2)
    numbers = ((groups - offset) / torch.where(scale == 0, 1, scale) + 8).round().clamp(0, _LEVELS)
    return numbers, (numbers - 8) * scale + offset


def _least_squares(groups: Tensor, numbers: Tensor) -> Tensor:
    """Scale and offset `[n, 2]` bfloat16 with which numbers come closest to their groups.

    The offset follows from the scale that has been rounded. Where all numbers are one, it is what all are.
    """
    mean, centre = groups.mean(-1, keepdim=True), numbers.mean(-1, keepdim=True)
    deviations = numbers - centre
    spread = deviations.square().sum(-1, keepdim=True)
    scale = (deviations * groups).sum(-1, keepdim=True) / torch.where(spread == 0, 1, spread)
    scale = scale.bfloat16()
    offset = (mean - centre * scale.float()).bfloat16()
    return torch.cat([scale, offset], -1)
