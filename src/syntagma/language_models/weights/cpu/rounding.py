"""Groups of weights rounded to four bits, compiled: the search of `weights.rounding`, a group after another."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from syntagma.language_models.weights.cpu.memory import nearest_half
from syntagma.structures.kernels.cpu.threads import over_rows

_STEPS_OF_ONE = 200
"""Elementary steps that one weight takes."""


def rounded(groups: Tensor, candidates: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Groups `[n, size]` float32 as numbers 0 to 15, uint8, and `[n, 2]` bfloat16: scale and offset."""
    numbers, scales = torch.empty(groups.shape, dtype=torch.uint8), torch.empty(len(groups), 2)
    arrays = groups.contiguous().numpy(), numbers.numpy(), scales.numpy()
    tried = np.array(candidates, np.float32)
    over_rows(
        lambda first, last: _round(*(array[first:last] for array in arrays), tried),
        len(groups),
        _STEPS_OF_ONE * groups.numel(),
    )
    return numbers, scales.bfloat16()


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def _round(groups: Any, numbers: Any, scales: Any, candidates: Any) -> None:
    size = groups.shape[1]
    for row in range(len(groups)):
        group = groups[row]
        low, high, mean = group[0], group[0], np.float32(0)
        for i in range(size):
            low, high = min(low, group[i]), max(high, group[i])
            mean += group[i]
        mean /= np.float32(size)
        middle, best_error = (low + high) * np.float32(0.5), np.float32(np.inf)
        for steps in candidates:
            scale, offset = _fitted(group, middle, steps / (high - low), mean, size)
            error = _error(group, scale, offset, size)
            if error < best_error:
                best_error, scales[row, 0], scales[row, 1] = error, scale, offset
        if not best_error < np.inf:  # all are one number
            scales[row, 0], scales[row, 1] = 0.0, nearest_half(mean)
        _nearest(group, scales[row, 0], scales[row, 1], numbers[row], size)


@njit(nogil=True, forceinline=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def _fitted(group: Any, middle: Any, per_step: Any, mean: Any, size: int) -> tuple[Any, Any]:
    """Scale and offset by least squares, for the numbers that a group has at so many steps a unit."""
    numbers, squares, products = np.float32(0), np.float32(0), np.float32(0)
    for i in range(size):
        found = np.rint((group[i] - middle) * per_step + np.float32(7.5))
        found = min(max(found, np.float32(0)), np.float32(15)) - np.float32(8)
        numbers += found
        squares += found * found
        products += found * (group[i] - mean)
    centre = numbers / np.float32(size)
    scale = nearest_half(products / (squares - centre * numbers))
    return scale, nearest_half(mean - centre * scale)


@njit(nogil=True, forceinline=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def _error(group: Any, scale: Any, offset: Any, size: int) -> Any:
    """The squared error of the nearest numbers."""
    error, per_scale = np.float32(0), np.float32(1) / scale
    for i in range(size):
        found = np.rint((group[i] - offset) * per_scale + np.float32(8))
        found = min(max(found, np.float32(0)), np.float32(15)) - np.float32(8)
        missing = group[i] - (found * scale + offset)
        error += missing * missing
    return error


@njit(nogil=True, forceinline=True, error_model="numpy")
def _nearest(group: Any, scale: float, offset: float, numbers: Any, size: int) -> None:
    per_scale = np.float32(0) if scale == 0 else np.float32(1) / scale
    for i in range(size):
        found = np.rint((group[i] - offset) * per_scale + np.float32(8))
        numbers[i] = np.uint8(min(max(found, np.float32(0)), np.float32(15)))
