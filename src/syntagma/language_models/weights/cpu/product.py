"""A product with a weight in any format: what is passed from Python, and how it becomes a job for the threads."""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from torch import Tensor

from syntagma.language_models.weights.cpu import chunks
from syntagma.language_models.weights.cpu.chunks import WIDTH, compiled
from syntagma.language_models.weights.cpu.inputs import by_column, by_input, sum_groups
from syntagma.language_models.weights.cpu.lanes import HAS_PAIRS
from syntagma.language_models.weights.cpu.memory import word
from syntagma.language_models.weights.cpu.pool import pool, spread
from syntagma.language_models.weights.int4 import GROUP as INT4
from syntagma.language_models.weights.int8 import GROUP as INT8
from syntagma.language_models.weights.threads import product_threads
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
    multiply(plan_of(weight, halves).address, x.data_ptr(), halves, inputs, result.data_ptr(), *threads())
    return result


def threads() -> tuple[int, int]:
    """How many threads a product has, and the address of those beside this one."""
    count = product_threads()
    if count == 1:
        return 1, 0
    others = pool(count - 1)
    others.wake()
    return count, others.address


def plan_of(weight: Weight, halves: bool) -> Plan:
    """A weight's plan for bfloat16 inputs or for float32, made anew when the weight is elsewhere in memory."""
    pairs = halves and HAS_PAIRS and weight.format != "fp32"
    places = [buffer.data_ptr() for buffer in weight._buffers.values() if buffer is not None]
    held: Plan | None = weight.plans.get(pairs)
    if held is None or held.places != places:
        weight.plans[pairs] = held = Plan(weight, places, pairs)
    return held


class Plan:
    """What is the same for all products with one weight and one sort of inputs, as words at an address."""

    def __init__(self, weight: Weight, places: list[int], pairs: bool) -> None:
        self.places, self.pairs = places, pairs
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
    item, rows = 2 if pairs else 4, (inputs + 15) // 16 * 16
    # What is as it must be already is read where it is.
    ready = halves == pairs and (inputs == 1 or (group == 0 and (inputs == 2 or inputs % 4 == 0)))
    ready = ready and columns % (group or 32) == 0
    summed = group == INT4
    groups = (columns + group - 1) // group if group else 1
    stride = columns if ready else (columns + 31) // 32 * 32 + 32
    sums = np.empty(rows * groups if summed else 1, np.float32)
    scratch = np.empty(1 if ready else rows * (groups * group if group else stride) * item, np.uint8)
    arranged = x if ready else scratch.ctypes.data
    if group:
        if ready and summed:
            sum_groups(x, halves, columns, groups, sums.ctypes.data)
        elif not ready:
            by_column(x, halves, inputs, columns, group, pairs, arranged, summed, sums.ctypes.data)
    elif not ready:
        by_input(x, halves, inputs, columns, stride, pairs, arranged)
    job[chunks.X], job[chunks.SUMS], job[chunks.X_BYTES] = arranged, sums.ctypes.data, stride * item
    job[chunks.COLUMNS], job[chunks.ROW_BYTES] = groups if group else columns, columns * word(plan, _ITEM)
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
