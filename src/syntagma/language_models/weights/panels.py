"""How integer weights lie in memory: panels of 16 rows, cut into groups of columns that share a scale in each row."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from syntagma.errors import ModelError

ROWS = 16
"""Of a panel: as many float32 as the widest registers hold."""


def in_groups(dense: Tensor, size: int) -> Tensor:
    """A matrix cut into groups of columns, `[out, groups, size]` float32, with zeros after the last column.

    Raises:
        ModelError: a number of it is not finite.
    """
    if not bool(dense.isfinite().all()):
        raise ModelError("a weight that is NaN or infinite cannot be an integer", fix="Keep the matrix in bf16 or fp32")
    return functional.pad(dense.float(), (0, -dense.shape[1] % size)).view(len(dense), -1, size)


def in_panels(rows: Tensor) -> Tensor:
    """`[out, ...]` as `[panels, 16, ...]`, with zeros after the last row."""
    padding = torch.zeros(-len(rows) % ROWS, *rows.shape[1:], dtype=rows.dtype, device=rows.device)
    return torch.cat([rows, padding]).view(-1, ROWS, *rows.shape[1:])
