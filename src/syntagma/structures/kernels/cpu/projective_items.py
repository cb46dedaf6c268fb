"""How an item of the chart is made of two narrower ones, in numba code: for taking trees apart.

Tables are as in `projective_sums`; nodes, from i on the left to j on the right.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from syntagma.structures.kernels.cpu.lanes import WIDTH, is_odd, load_first

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

RIGHT, LEFT, ARC_RIGHT, ARC_LEFT = 0, 1, 2, 3
"""Kinds of items: right and left halves, and arcs with all between."""


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def places(nodes: int, kind: int, i: int, j: int) -> tuple[int, int]:
    """Where the two parts of the item's first split are."""
    arc, full, full_to = 0, nodes**2, 2 * nodes**2
    start, end = i * nodes + i, j * nodes + i
    if kind == RIGHT:
        return arc + start + 1, full_to + end + 1
    if kind == LEFT:
        return full_to + start, arc + end
    return full + start, full + end + 1


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def push(stack: Integers, place: int, kind: int, i: int, j: int, split: int) -> None:
    """The two parts of an item at a split, as (kind, first node, last node)."""
    if kind == RIGHT:
        stack[place, 0], stack[place, 1], stack[place, 2] = ARC_RIGHT, i, i + 1 + split
        stack[place + 1, 0], stack[place + 1, 1], stack[place + 1, 2] = RIGHT, i + 1 + split, j
    elif kind == LEFT:
        stack[place, 0], stack[place, 1], stack[place, 2] = LEFT, i, i + split
        stack[place + 1, 0], stack[place + 1, 1], stack[place + 1, 2] = ARC_LEFT, i + split, j
    else:
        stack[place, 0], stack[place, 1], stack[place, 2] = RIGHT, i, i + split
        stack[place + 1, 0], stack[place + 1, 1], stack[place + 1, 2] = LEFT, i + split + 1, j


@njit(nogil=True)  # type: ignore[untyped-decorator]
def usable(arcs: Array, length: int) -> bool:
    """Whether no score that is read is NaN or +inf."""
    nodes = arcs.shape[1]
    for i in range(length):
        odd = False
        for j in range(0, length + 1, WIDTH):
            odd = odd or is_odd(load_first(arcs, i * nodes + j, length + 1 - j, 0.0))
        if odd:  # perhaps that of the word to itself
            for j in range(length + 1):
                if j != i + 1 and not arcs[i, j] < np.inf:
                    return False
    return True


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def record(heads: Integers, kind: int, i: int, j: int) -> None:
    """Writes the head down if the item is an arc."""
    if kind == ARC_RIGHT:
        heads[j - 1] = i
    elif kind == ARC_LEFT:
        heads[i - 1] = j
