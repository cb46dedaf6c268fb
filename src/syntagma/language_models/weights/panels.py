"""How integer weights lie in memory: panels of 16 rows, cut into groups of columns that share a scale in each row."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.errors import ModelError

ROWS = 16
"""Of a panel: as many float32 as the widest registers hold."""


_AT_ONCE = 1 << 21
"""Weights that are packed at a time."""

Buffers = dict[str, tuple[tuple[int, ...], torch.dtype]]
"""Shape and dtype of each buffer by its name; the first dimension is that of panels."""


def by_blocks(dense: Tensor, buffers: Buffers, pack: Callable[[Tensor], tuple[Tensor, ...]]) -> list[Tensor]:
    """The buffers of a matrix, packed some rows at a time, so that little memory is needed besides."""
    whole = [torch.empty(shape, dtype=dtype, device=dense.device) for shape, dtype in buffers.values()]
    step = max(1, _AT_ONCE // max(1, dense.shape[1]) // ROWS) * ROWS
    for first in range(0, len(dense), step):
        for buffer, part in zip(whole, pack(dense[first : first + step]), strict=True):
            buffer[first // ROWS : first // ROWS + len(part)] = part
    return whole


def in_groups(dense: Tensor, size: int) -> Tensor:
    """A matrix cut into groups of columns, `[out, groups, size]` float32.

    The last group is filled up with the last column, which does not widen its range.

    Raises:
        ModelError: a number of it is not finite.
    """
    if not bool(dense.isfinite().all()):
        raise ModelError("a weight that is NaN or infinite cannot be an integer", fix="Keep the matrix in bf16 or fp32")
    filling = dense[:, -1:].expand(-1, -dense.shape[1] % size)
    return torch.cat([dense, filling], 1).float().view(len(dense), -1, size)


def in_panels(rows: Tensor) -> Tensor:
    """`[out, ...]` as `[panels, 16, ...]`, with zeros after the last row."""
    padding = torch.zeros(-len(rows) % ROWS, *rows.shape[1:], dtype=rows.dtype, device=rows.device)
    return torch.cat([rows, padding]).view(-1, ROWS, *rows.shape[1:])


def in_range(ids: Tensor, rows: int) -> Tensor:
    """Numbers of rows, those from the end as those from the beginning.

    Raises:
        IndexError: there is no such row.
    """
    if ids.numel() and not -rows <= int(ids.min()) <= int(ids.max()) < rows:
        raise IndexError(f"rows {int(ids.min())} to {int(ids.max())} of a matrix of {rows}")
    return ids % rows
