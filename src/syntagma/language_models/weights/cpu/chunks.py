"""What a thread does of a product: some panels of 16 rows, for all inputs. One compiled function for each format.

A job is written as 64-bit words, so that functions know one another by address; their places are the names below.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from numba import cfunc, njit, types

from syntagma.language_models.weights.cpu import panels, rows
from syntagma.language_models.weights.cpu.inputs import BLOCK, at_once, in_fours
from syntagma.language_models.weights.cpu.memory import number, put_half, put_number, room, round_sixteen, word

WEIGHTS, SCALES, X, SUMS, INPUTS, COLUMNS, OUT_FEATURES, OUT, OUT_HALVES, PANELS, ROW_BYTES, X_BYTES = range(12)
WORDS = 12
WIDTH = 16
_SIGNATURE = types.void(types.intp, types.intp)


def _packed(packing: panels.Packing, pairs: bool) -> Any:
    """A chunk of a format whose weights are packed."""
    one, two, four, eight, sixteen = (panels.tile(packing, count, pairs) for count in (1, 2, 4, 8, 16))
    size, group_bytes, scale_bytes = packing.columns, packing.group_bytes, packing.scale_bytes
    item = 2 if pairs else 4

    @njit(nogil=True)
    def multiply(job: int, panel: int, start: int, count: int, out: int) -> None:
        """One panel and one block of inputs, from `start` on."""
        groups = word(job, COLUMNS)
        weights = word(job, WEIGHTS) + panel * groups * group_bytes
        scales = word(job, SCALES) + panel * groups * scale_bytes
        x, sums = word(job, X) + start * groups * size * item, word(job, SUMS) + start * groups * 4
        if count == 1:
            one(weights, scales, x, sums, groups, out)
        elif count == 2:
            two(weights, scales, x, sums, groups, out)
        elif count == 4:
            four(weights, scales, x, sums, groups, out)
        elif count == 8:
            eight(weights, scales, x, sums, groups, out)
        else:
            sixteen(weights, scales, x, sums, groups, out)

    return _chunk(multiply, at_once)


def _dense(layout: rows.Layout) -> Any:
    """A chunk of a format whose rows lie one after another."""
    one, two, four = (rows.tile(layout, count) for count in (1, 2, 4))

    @njit(nogil=True)
    def multiply(job: int, panel: int, start: int, count: int, out: int) -> None:
        columns, row_bytes, x_bytes = word(job, COLUMNS), word(job, ROW_BYTES), word(job, X_BYTES)
        weights, x = word(job, WEIGHTS) + panel * WIDTH * row_bytes, word(job, X) + start * x_bytes
        rows_here = min(WIDTH, word(job, OUT_FEATURES) - panel * WIDTH)
        if count == 1:
            one(weights, row_bytes, rows_here, x, x_bytes, columns, out)
        elif count == 2:
            two(weights, row_bytes, rows_here, x, x_bytes, columns, out)
        else:
            for i in range(0, count, 4):
                four(weights, row_bytes, rows_here, x + i * x_bytes, x_bytes, columns, out + 4 * WIDTH * i)

    return _chunk(multiply, in_fours)


def _chunk(multiply: Any, at_once: Any) -> Any:
    """All panels of a chunk for one block of inputs after another."""

    @njit(nogil=True)
    def chunk(job: int, index: int) -> None:
        step, inputs, out_features = word(job, PANELS), word(job, INPUTS), word(job, OUT_FEATURES)
        results = room()
        for start in range(0, inputs, BLOCK):
            here = min(BLOCK, inputs - start)
            for panel in range(index * step, min((index + 1) * step, (out_features + WIDTH - 1) // WIDTH)):
                multiply(job, panel, start, at_once(here), results)
                for i in range(here):
                    _write(job, start + i, panel * WIDTH, results + 4 * WIDTH * i)

    return chunk


@njit(nogil=True, forceinline=True)
def _write(job: int, row: int, column: int, results: int) -> None:
    """Sixteen results to where they belong."""
    out_features, out = word(job, OUT_FEATURES), word(job, OUT)
    place = row * out_features + column
    if word(job, OUT_HALVES) and column + WIDTH <= out_features:
        round_sixteen(results, out + 2 * place)
        return
    for lane in range(min(WIDTH, out_features - column)):
        if word(job, OUT_HALVES):
            put_half(out, place + lane, number(results, lane))
        else:
            put_number(out, place + lane, number(results, lane))


_int4_floats, _int4_pairs = _packed(panels.INT4, pairs=False), _packed(panels.INT4, pairs=True)
_int8_floats, _int8_pairs = _packed(panels.INT8, pairs=False), _packed(panels.INT8, pairs=True)
_fp32 = _dense(rows.FP32)
_bf16_floats, _bf16_pairs = _dense(rows.BF16), _dense(rows.BF16_PAIRS)


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
