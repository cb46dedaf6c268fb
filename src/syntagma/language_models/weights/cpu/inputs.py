"""Inputs of a product, laid out as the inner loops read them.

For packed weights in blocks of 16 inputs, the last block of 1, 2, 4, 8 or 16, column after column; for dense ones as
they are, each input followed by zeros. As float32, or as pairs of bfloat16.
"""

from __future__ import annotations

from numba import njit

from syntagma.language_models.weights.cpu.memory import copy_pair, half, number, put_half, put_number

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


@njit(nogil=True, cache=True)
def by_column(x: int, halves: bool, rows: int, columns: int, padded: int, pairs: bool, out: int) -> None:
    """`x [rows, columns]` as blocks of `[padded, count]` float32 or `[padded / 2, count, 2]` bfloat16."""
    item = 2 if pairs else 4
    for first in range(0, rows, BLOCK):
        here = min(BLOCK, rows - first)
        count = at_once(here)
        block = out + first * padded * item
        for i in range(count):
            _one_input(x, (first + i) * columns, halves, columns if i < here else 0, padded, pairs, block, i, count)


@njit(nogil=True, forceinline=True)
def _one_input(
    x: int, start: int, halves: bool, columns: int, padded: int, pairs: bool, out: int, i: int, count: int
) -> None:
    if pairs:
        even = columns // 2
        for pair in range(even):  # two numbers of 16 bits at a time
            copy_pair(x + 2 * start, pair, out, pair * count + i)
        for column in range(2 * even, padded):
            value = half(x, start + column) if column < columns else 0.0
            put_half(out, (column // 2 * count + i) * 2 + column % 2, value)
        return
    for column in range(columns):
        put_number(out, column * count + i, read(x, start + column, halves))
    for column in range(columns, padded):
        put_number(out, column * count + i, 0.0)


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def group_sums(x: int, halves: bool, rows: int, columns: int, group: int, groups: int, out: int) -> None:
    """The sums of `x [rows, columns]` over each group of columns, as blocks of `[groups, count]`."""
    for first in range(0, rows, BLOCK):
        here = min(BLOCK, rows - first)
        count = at_once(here)
        for i in range(count):
            for g in range(groups):
                total = 0.0
                start = (first + i) * columns
                if i < here:
                    for column in range(g * group, min((g + 1) * group, columns)):
                        total += read(x, start + column, halves)
                put_number(out, first * groups + g * count + i, total)


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
