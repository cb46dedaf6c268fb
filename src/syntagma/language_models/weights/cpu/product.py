"""A product with a weight in any format: what is passed from Python, and how it becomes a job for the threads."""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from torch import Tensor

from syntagma.language_models.weights.cpu import chunks
from syntagma.language_models.weights.cpu.chunks import WIDTH, compiled
from syntagma.language_models.weights.cpu.inputs import by_column, by_input, group_sums
from syntagma.language_models.weights.cpu.lanes import HAS_PAIRS
from syntagma.language_models.weights.cpu.memory import word
from syntagma.language_models.weights.cpu.pool import pool, spread
from syntagma.language_models.weights.int4 import GROUP as INT4
from syntagma.language_models.weights.int8 import GROUP as INT8
from syntagma.language_models.weights.weight import Weight

_SMALL_CHUNK, _LARGE_CHUNK = 1 << 15, 1 << 18
"""Bytes of weights that are worth handing over, and that stay in the second cache for the next inputs."""

# The words of a plan: what is the same for all products with one weight and one sort of inputs.
_FUNCTION, _PAIRS, _WEIGHTS, _SCALES, _OUT, _IN, _GROUP, _PANEL_BYTES, _ITEM = range(9)


def product(weight: Weight, x: Tensor) -> Tensor:
    """`x [inputs, in]`, at least one, float32 or bfloat16, times a weight: `[inputs, out]` in the same dtype."""
    halves = x.dtype == torch.bfloat16
    x = x.contiguous()
    inputs = x.shape[0]
    result = torch.empty(inputs, weight.out_features, dtype=x.dtype)
    pairs = halves and suits_pairs(weight, inputs)
    multiply(plan_of(weight, pairs).address, x.data_ptr(), halves, inputs, result.data_ptr(), *threads())
    return result


def threads() -> tuple[int, int]:
    """How many threads torch has been given, and the address of those beside this one."""
    count = torch.get_num_threads()
    if count == 1:
        return 1, 0
    others = pool(count - 1)
    others.wake()
    return count, others.address


def suits_pairs(weight: Weight, inputs: int) -> bool:
    """Whether bfloat16 inputs are multiplied two at a time."""
    if not HAS_PAIRS or weight.format == "fp32":
        return False
    # 8-bit weights must be made bfloat16 for it, which a few inputs do not pay for.
    return weight.format != "int8" or inputs >= 4


def plan_of(weight: Weight, pairs: bool) -> Plan:
    """A weight's plan, which is made anew when the weight is elsewhere in memory."""
    places = [buffer.data_ptr() for buffer in weight._buffers.values() if buffer is not None]
    held: Plan | None = weight.plans.get(pairs)
    if held is None or held.places != places:
        weight.plans[pairs] = held = Plan(weight, places, pairs)
    return held


class Plan:
    """What is the same for all products with one weight and one sort of inputs, as words at an address."""

    def __init__(self, weight: Weight, places: list[int], pairs: bool) -> None:
        self.places = places
        function = compiled(f"{weight.format}_{'pairs' if pairs else 'floats'}")
        group = {"int4": INT4, "int8": INT8}.get(weight.format, 0)
        panels = -(-weight.out_features // WIDTH)
        self._words = np.array(
            [
                function.address,
                pairs,
                places[0],
                places[-1],
                weight.out_features,
                weight.in_features,
                group,
                weight.nbytes // panels,
                4 if weight.format == "fp32" else 2,
            ],
            np.int64,
        )
        self.address: int = self._words.ctypes.data


@njit(nogil=True, cache=True)
def multiply(plan: int, x: int, halves: bool, inputs: int, out: int, threads: int, pool: int) -> None:
    """A product with contiguous inputs; the result is in their dtype."""
    pairs, columns, group = word(plan, _PAIRS) != 0, word(plan, _IN), word(plan, _GROUP)
    job = np.empty(chunks.WORDS, np.int64)
    job[chunks.WEIGHTS], job[chunks.SCALES] = word(plan, _WEIGHTS), word(plan, _SCALES)
    job[chunks.INPUTS], job[chunks.OUT_FEATURES] = inputs, word(plan, _OUT)
    job[chunks.OUT], job[chunks.OUT_HALVES] = out, halves
    item = 2 if pairs else 4
    if group:
        groups = (columns + group - 1) // group
        padded, rows = groups * group, (inputs - 1) // 16 * 16 + 16
        sums = np.empty(rows * groups if group == INT4 else 1, np.float32)
        scratch = np.empty(rows * padded * item, np.uint8)
        by_column(x, halves, inputs, columns, padded, pairs, scratch.ctypes.data)
        if group == INT4:
            group_sums(x, halves, inputs, columns, group, groups, sums.ctypes.data)
        job[chunks.X], job[chunks.SUMS], job[chunks.COLUMNS] = scratch.ctypes.data, sums.ctypes.data, groups
    else:
        stride = (columns + 31) // 32 * 32 + 32
        sums = np.empty(1, np.float32)
        scratch = np.empty((inputs + 3) * stride * item, np.uint8)
        by_input(x, halves, inputs, columns, stride, pairs, scratch.ctypes.data)
        job[chunks.X], job[chunks.X_BYTES], job[chunks.COLUMNS] = scratch.ctypes.data, stride * item, columns
        job[chunks.ROW_BYTES] = columns * word(plan, _ITEM)
    panels, panel_bytes = (word(plan, _OUT) + WIDTH - 1) // WIDTH, word(plan, _PANEL_BYTES)
    job[chunks.PANELS] = _panels_in_chunk(panels, panel_bytes, threads)
    spread(pool, word(plan, _FUNCTION), job.ctypes.data, -(-panels // job[chunks.PANELS]))
    job[0] = scratch[0] = 0  # they must live until here
    sums[0] = 0.0


@njit(nogil=True, forceinline=True)
def _panels_in_chunk(panels: int, panel_bytes: int, threads: int) -> int:
    """So many that each thread has some chunks, none too small to be handed over or too large to stay near."""
    least = max(1, _SMALL_CHUNK // panel_bytes)
    most = max(1, _LARGE_CHUNK // panel_bytes)
    return min(max(panels // (4 * threads), least), most)
