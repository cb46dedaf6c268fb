"""Which keys a query may see: those before it, within a window, or by blocks."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.language_models.config import BlockSparsity


def causal(queries: Tensor, keys: Tensor, window: int | None = None) -> Tensor:
    """Visible keys `[queries, keys]` by their positions: not later, and with a window its last tokens, own one counted.

    A key at a negative position is seen by none.
    """
    distance = queries[:, None] - keys[None, :]
    visible = (distance >= 0) & (keys >= 0)
    return visible if window is None else visible & (distance < window)


def by_blocks(queries: Tensor, keys: Tensor, heads: int, sparsity: BlockSparsity) -> Tensor:
    """Visible keys `[heads, queries, keys]` of phi-3-small's sparse layers (phi-decoder.md, section 4).

    Block `j` is seen from block `i` when it is one of the `near` last, or `(j + head * step + 1) % stride == 0`.
    """
    query_blocks, key_blocks = queries // sparsity.block, keys // sparsity.block
    near = query_blocks[:, None] - key_blocks[None, :] < sparsity.near
    shifts = torch.arange(heads, device=keys.device) * sparsity.head_step(heads)
    far = (key_blocks[None, :] + shifts[:, None] + 1) % sparsity.stride == 0
    return causal(queries, keys) & (near | far[:, None, :])
