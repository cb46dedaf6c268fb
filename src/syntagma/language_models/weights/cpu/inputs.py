"""Inputs of a product, laid out as the inner loops read them.

For packed weights in blocks of 16 inputs, the last block of 1, 2, 4, 8 or 16, column after column; for dense ones as
they are, each input followed by zeros. As float32, or as pairs of bfloat16.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from syntagma.language_models.weights.cpu.lanes import (
    FLOATS,
    WHOLES,
    WIDTH,
    add,
    lanes,
    load,
    pair_products,
    store,
    total,
    totals_of,
    transposed,
    whole,
    written_in_llvm,
)
from syntagma.language_models.weights.cpu.memory import copy_pair, half, number, put_half, put_number, room

BLOCK = 16
"""Most inputs that one inner loop takes."""


@njit(nogil=True, forceinline=True)
def at_once(left: int) -> int:
    """How many inputs the next inner loop takes, of so many left: the next of 1, 2, 4, 8, 16."""
    if left >= 9:
        return 16
    if left >= 5:
        return 8
    return 4 if left >= 3 else left


@njit(nogil=True, forceinline=True)
def in_fours(left: int) -> int:
    """The same where inner loops take 1, 2 or 4, one after another."""
    return min(16, (left + 3) // 4 * 4) if left >= 3 else left


@njit(nogil=True, forceinline=True)
def read(x: int, place: int, halves: bool) -> float:
    """A number of the input, which is bfloat16 or float32."""
    return half(x, place) if halves else number(x, place)


@written_in_llvm
def _turn(typing: Any, x: Any, row_bytes: Any, rows: Any, out: Any, sums: Any) -> Any:
    """32 bfloat16 of each of 16 rows, the last one for those that are not there: pair by pair, and their sums."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> None:
        x, row_bytes, rows, out, sums = args
        last, vectors = builder.sub(rows, whole(1)), []
        for i in range(WIDTH):
            row = builder.select(builder.icmp_signed("<", whole(i), last), whole(i), last)
            vectors.append(load(builder, add(builder, x, builder.mul(row, row_bytes)), WHOLES))
        store(builder, sums, totals_of(builder, [_of_both(builder, vector) for vector in vectors]))
        for i, vector in enumerate(transposed(builder, vectors)):
            store(builder, add(builder, out, 64 * i), vector)

    return types.void(*[types.intp] * 5), codegen


@written_in_llvm
def _sum(typing: Any, x: Any) -> Any:
    """The sum of 32 bfloat16."""

    def codegen(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
        return total(builder, _of_both(builder, load(builder, args[0], WHOLES)))

    return types.float32(types.intp), codegen


def _of_both(builder: Any, pairs: Any) -> Any:
    """The sums of the two bfloat16 in each lane."""
    ones = lanes(WHOLES, [0x3F803F80] * WIDTH)
    return pair_products(builder, pairs, ones, lanes(FLOATS, [0.0] * WIDTH))


@njit(nogil=True, cache=True)
def by_column(
    x: int, halves: bool, rows: int, columns: int, group: int, pairs: bool, out: int, summed: bool, sums: int
) -> None:
    """`x [rows, columns]` as blocks of `[padded, count]` float32 or `[padded / 2, count, 2]` bfloat16.

    Where they are to be `summed`, the sums over each group of columns too, as blocks of `[groups, count]`.
    """
    groups = (columns + group - 1) // group
    padded, item = groups * group, 2 if pairs else 4
    for first in range(0, rows, BLOCK):
        here = min(BLOCK, rows - first)
        count = at_once(here)
        block, its_sums, start = out + first * padded * item, sums + 4 * first * groups, first * columns
        if pairs and padded == columns and count == BLOCK:
            unused = room()
            for place in range(columns // 32):
                there = its_sums + 64 * place if summed else unused
                _turn(x + 2 * start + 64 * place, 2 * columns, here, block + 1024 * place, there)
            continue
        for i in range(count):
            mine = columns if i < here else 0
            _one_input(x, start + i * columns, halves, mine, padded, pairs, block, i, count)
            if summed:
                _sums_of_one(x, start + i * columns, halves, mine, group, groups, its_sums, i, count)


@njit(nogil=True, forceinline=True)
def _one_input(
    x: int, start: int, halves: bool, columns: int, padded: int, pairs: bool, out: int, i: int, count: int
) -> None:
    if pairs:
        even = columns // 2
        for pair in range(even):  # two numbers of 16 bits at a time
            copy_pair(x + 2 * start, pair, out, pair * count + i)
        for column in range(2 * even, padded):
            value = half(x, start + column) if column < columns else np.float32(0)
            put_half(out, (column // 2 * count + i) * 2 + column % 2, value)
        return
    for column in range(columns):
        put_number(out, column * count + i, read(x, start + column, halves))
    for column in range(columns, padded):
        put_number(out, column * count + i, np.float32(0))


@njit(nogil=True, fastmath={"reassoc", "contract"})
def _sums_of_one(
    x: int, start: int, halves: bool, columns: int, group: int, groups: int, sums: int, i: int, count: int
) -> None:
    for g in range(groups):
        total = np.float32(0)
        if halves and group == 32 and (g + 1) * group <= columns:
            total = _sum(x + 2 * (start + g * group))
        else:
            for column in range(g * group, min((g + 1) * group, columns)):
                total += read(x, start + column, halves)
        put_number(sums, g * count + i, total)


@njit(nogil=True, cache=True)
def sum_groups(x: int, halves: bool, columns: int, groups: int, sums: int) -> None:
    """The sums of one input, all of whose groups are whole, over each group."""
    _sums_of_one(x, 0, halves, columns, columns // groups, groups, sums, 0, 1)


@njit(nogil=True, cache=True)
def by_input(x: int, halves: bool, rows: int, columns: int, stride: int, pairs: bool, out: int) -> None:
    """`x [rows, columns]` as `[rows, stride]` float32, or bfloat16 as it is, with zeros at the end."""
    for row in range(rows):
        for column in range(columns):
            if pairs:
                put_half(out, row * stride + column, half(x, row * columns + column))
            else:
                put_number(out, row * stride + column, read(x, row * columns + column, halves))
        for column in range(columns, stride):
            if pairs:
                put_half(out, row * stride + column, 0.0)
            else:
                put_number(out, row * stride + column, 0.0)
