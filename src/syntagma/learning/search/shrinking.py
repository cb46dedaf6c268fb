"""From a model whose masked encoders give zeros to the smaller model that never heard of them, with the same output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.learning.search.controller import Combination


def kept_columns(widths: Sequence[int], combination: Combination) -> Tensor:
    """Where the kept candidates' blocks lie in the whole concatenation, `[kept width]` (int64)."""
    ends = torch.tensor(widths).cumsum(0).tolist()
    blocks = [
        torch.arange(end - width, end) for end, width, kept in zip(ends, widths, combination, strict=True) if kept
    ]
    return torch.cat(blocks)


def shrunk(weights: Mapping[str, Tensor], smaller: Mapping[str, Tensor], columns: Tensor) -> dict[str, Tensor]:
    """The weights of the smaller model: of a matrix over the concatenation, only the columns of what is kept.

    What `weights` lacks, the frozen encoders whose vectors were cached, stays as it is in `smaller`; the mask of the
    concatenation becomes all True, as it is there.

    Raises:
        ModelError: a weight cannot be divided into what belongs to the kept blocks and what does not.
    """
    found = {}
    for name, target in smaller.items():
        whole = weights.get(name)
        if whole is None or whole.dtype == torch.bool:
            found[name] = target
        elif whole.shape == target.shape:
            found[name] = whole
        else:
            found[name] = _columns_of(name, whole, target, columns)
    return found


def _columns_of(name: str, whole: Tensor, target: Tensor, columns: Tensor) -> Tensor:
    if whole.dim() == target.dim():
        for axis in range(whole.dim()):
            if whole.shape[axis] != target.shape[axis] == len(columns):
                whole = whole.index_select(axis, columns.to(whole.device))
    if whole.shape != target.shape:
        raise ModelError(f"the weight {name} of the searched model cannot be made smaller")
    return whole
