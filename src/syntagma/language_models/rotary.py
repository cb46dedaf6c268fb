"""Rotary positions, with LongRoPE's two sets of factors chosen for each sequence (arXiv 2104.09864, 2402.13753)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.language_models.config import LongRope, Rotary


class Turns(NamedTuple):
    """By what angle each token turns: cosines and sines `[tokens, rotary dimensions / 2]`, float32, scaled."""

    cosines: Tensor
    sines: Tensor


def turns(rotary: Rotary, positions: Tensor, long: Tensor) -> Turns:
    """The turns of tokens at these positions `[tokens]`; `long` `[tokens]` says who turns by the long factors.

    A token's angle in pair `i` is `position / (factor_i * theta ** (2 i / size))`; cosine and sine are multiplied by
    the set's scale (phi-decoder.md, section 3).
    """
    exponents = torch.arange(0, rotary.size, 2, dtype=torch.float32, device=positions.device) / rotary.size
    wavelengths = torch.pow(rotary.theta, exponents)
    if rotary.long is None:
        angles = positions[:, None].float() / wavelengths
        return Turns(angles.cos(), angles.sin())
    factors, scales = _sets(rotary.long, positions.device)
    chosen = long.long()
    angles = positions[:, None].float() * (1.0 / (factors * wavelengths))[chosen]
    scale = scales[chosen][:, None]
    return Turns(angles.cos() * scale, angles.sin() * scale)


def rotate(heads: Tensor, turns: Turns) -> Tensor:
    """Turn the first dimensions of each head, in halves; the rest passes. `heads` is `[tokens, heads, head size]`."""
    half = turns.cosines.shape[-1]
    cosines, sines = (table[:, None, :] for table in turns)
    first, second = heads[..., :half].float(), heads[..., half : 2 * half].float()
    turned = torch.cat([first * cosines - second * sines, second * cosines + first * sines], -1).to(heads.dtype)
    return turned if 2 * half == heads.shape[-1] else torch.cat([turned, heads[..., 2 * half :]], -1)


def _sets(long: LongRope, device: torch.device) -> tuple[Tensor, Tensor]:
    """Factors `[2, pairs]` and scales `[2]`: short, then long."""
    factors = torch.tensor([long.short_factors, long.long_factors], dtype=torch.float32, device=device)
    return factors, torch.tensor([long.short_scale, long.long_scale], dtype=torch.float32, device=device)
