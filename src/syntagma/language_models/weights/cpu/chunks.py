"""What a thread does of a product: some panels of 16 rows, for all inputs. One compiled function for each format.

A job is written as 64-bit words, so that functions know one another by address; their places are the names below.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import cfunc, njit, types

from syntagma.language_models.weights.cpu import panels, rows
from syntagma.language_models.weights.cpu.inputs import BLOCK, at_once, in_fours
from syntagma.language_models.weights.cpu.memory import put_half, put_number, round_sixteen, word

WEIGHTS, SCALES, X, SUMS, INPUTS, COLUMNS, OUT_FEATURES, OUT, OUT_HALVES, PANELS, ROW_BYTES, X_BYTES = range(12)
WORDS = 12
WIDTH = 16
_NEAR = 16_384
"""Bytes of inputs that are multiplied with all panels before the next columns: they stay in the first cache."""

_SIGNATURE = types.void(types.intp, types.intp)


def _packed(packing: panels.Packing, pairs: bool) -> Any:
    """A chunk of a format whose weights are packed."""
    one, two, four, eight, sixteen = (panels.tile(packing, count, pairs) for count in (1, 2, 4, 8, 16))
    size, group_bytes, scale_bytes = packing.columns, packing.group_bytes, packing.scale_bytes
    item = 2 if pairs else 4

    @njit(nogil=True)
    def multiply(job: int, first: int, panel_count: int, start: int, count: int, out: int) -> None:
        """All groups of some panels, for one block of inputs from `start` on."""
        groups = word(job, COLUMNS)
        x, sums = word(job, X) + start * groups * size * item, word(job, SUMS) + start * groups * 4
        step = max(1, _NEAR // (size * count * item))
        for group in range(0, groups, step):
            here = min(step, groups - group)
            x_at, sums_at = x + group * size * count * item, sums + group * count * 4
            for panel in range(panel_count):
                at = (first + panel) * groups + group
                weights, scales = word(job, WEIGHTS) + at * group_bytes, word(job, SCALES) + at * scale_bytes
                result = out + panel * count * WIDTH * 4
                if count == 1:
                    one(weights, scales, x_at, sums_at, here, result)
                elif count == 2:
                    two(weights, scales, x_at, sums_at, here, result)
                elif count == 4:
                    four(weights, scales, x_at, sums_at, here, result)
                elif count == 8:
                    eight(weights, scales, x_at, sums_at, here, result)
                else:
                    sixteen(weights, scales, x_at, sums_at, here, result)

    return _chunk(multiply, at_once)


def _dense(layout: rows.Layout, pairs: bool) -> Any:
    """A chunk of a format whose rows lie one after another."""
    one, two, four = (rows.tile(layout, count) for count in (1, 2, 4))
    item, x_item = layout.item, 2 if pairs else 4
    step = _NEAR // 4 // x_item

    @njit(nogil=True)
    def multiply(job: int, first: int, panel_count: int, start: int, count: int, out: int) -> None:
        columns, row_bytes, x_bytes = word(job, COLUMNS), word(job, ROW_BYTES), word(job, X_BYTES)
        near = columns if count <= 2 else step
        for column in range(0, columns, near):
            here = min(near, columns - column)
            for panel in range(panel_count):
                row = (first + panel) * WIDTH
                weights = word(job, WEIGHTS) + row * row_bytes + column * item
                there = min(WIDTH, word(job, OUT_FEATURES) - row)
                for i in range(0, count, 4):
                    x = word(job, X) + (start + i) * x_bytes + column * x_item
                    result = out + (panel * count + i) * WIDTH * 4
                    if count == 1:
                        one(weights, row_bytes, there, x, x_bytes, here, result)
                    elif count == 2:
                        two(weights, row_bytes, there, x, x_bytes, here, result)
                    else:
                        four(weights, row_bytes, there, x, x_bytes, here, result)

    return _chunk(multiply, in_fours)


def _chunk(multiply: Any, at_once: Any) -> Any:
    @njit(nogil=True)
    def chunk(job: int, index: int) -> None:
        step, inputs, out_features = word(job, PANELS), word(job, INPUTS), word(job, OUT_FEATURES)
        first = index * step
        panel_count = min(step, (out_features + WIDTH - 1) // WIDTH - first)
        results = np.empty(panel_count * at_once(min(inputs, BLOCK)) * WIDTH, np.float32)
        for start in range(0, inputs, BLOCK):
            here = min(BLOCK, inputs - start)
            count = at_once(here)
            results[: panel_count * count * WIDTH] = 0.0
            multiply(job, first, panel_count, start, count, results.ctypes.data)
            for panel in range(panel_count):
                for i in range(here):
                    source = results.ctypes.data + (panel * count + i) * WIDTH * 4
                    _write(job, start + i, (first + panel) * WIDTH, results, (panel * count + i) * WIDTH, source)
        results[0] = 0.0  # it must live until here

    return chunk


@njit(nogil=True, forceinline=True)
def _write(job: int, row: int, column: int, results: Any, at: int, source: int) -> None:
    """Sixteen results to where they belong."""
    out_features, out = word(job, OUT_FEATURES), word(job, OUT)
    place = row * out_features + column
    if word(job, OUT_HALVES) and column + WIDTH <= out_features:
        round_sixteen(source, out + 2 * place)
    else:
        for lane in range(min(WIDTH, out_features - column)):
            if word(job, OUT_HALVES):
                put_half(out, place + lane, results[at + lane])
            else:
                put_number(out, place + lane, results[at + lane])


_int4_floats, _int4_pairs = _packed(panels.INT4, pairs=False), _packed(panels.INT4, pairs=True)
_int8_floats, _int8_pairs = _packed(panels.INT8, pairs=False), _packed(panels.INT8, pairs=True)
_fp32 = _dense(rows.FP32, pairs=False)
_bf16_floats, _bf16_pairs = _dense(rows.BF16, pairs=False), _dense(rows.BF16_PAIRS, pairs=True)


def fp32_floats(job: int, index: int) -> None:
    """float32 weights and inputs."""
    _fp32(job, index)


def bf16_floats(job: int, index: int) -> None:
    """bfloat16 weights, float32 inputs."""
    _bf16_floats(job, index)


def bf16_pairs(job: int, index: int) -> None:
    """bfloat16 weights and inputs."""
    _bf16_pairs(job, index)


def int8_floats(job: int, index: int) -> None:
    """8-bit weights, float32 inputs."""
    _int8_floats(job, index)


def int8_pairs(job: int, index: int) -> None:
    """8-bit weights, bfloat16 inputs."""
    _int8_pairs(job, index)


def int4_floats(job: int, index: int) -> None:
    """4-bit weights, float32 inputs."""
    _int4_floats(job, index)


def int4_pairs(job: int, index: int) -> None:
    """4-bit weights, bfloat16 inputs."""
    _int4_pairs(job, index)


_FUNCTIONS = {
    function.__name__: function
    for function in (fp32_floats, bf16_floats, bf16_pairs, int8_floats, int8_pairs, int4_floats, int4_pairs)
}


@cache
def compiled(name: str) -> Any:
    """One of the functions above, compiled when it is first asked for; `.address` is what others call it by."""
    return cfunc(_SIGNATURE, cache=True)(_FUNCTIONS[name])
