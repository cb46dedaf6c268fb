"""Which cache a sequence gets."""

from __future__ import annotations

from typing import Literal

import torch

from syntagma.language_models.cache.growing import GrowingCache
from syntagma.language_models.cache.ring import RingCache
from syntagma.language_models.cache.sequence_cache import SequenceCache
from syntagma.language_models.config import DecoderConfig

CacheKind = Literal["growing", "ring"]


def new_cache(
    config: DecoderConfig,
    kind: CacheKind | None = None,
    *,
    dtype: torch.dtype,
    device: torch.device,
    long: bool = False,
    piece: int = 512,
) -> SequenceCache:
    """A fresh cache; by default a ring where a sliding window is shorter than what the model can read."""
    if kind is None:
        kind = "ring" if config.window is not None and config.window < config.max_positions else "growing"
    if kind == "ring":
        return RingCache(config, dtype=dtype, device=device, long=long, piece=piece)
    return GrowingCache(config, dtype=dtype, device=device, long=long)
