"""The best projective tree: Eisner's algorithm with maxima, one sentence a work item (numba; extra `fast`).

The specification is `reference.projective_trees`; scores are added in the same order, so equal trees are equal here and
there. Tables as in `projective_sums`, of scores. No choice is remembered on the way: it is made again for the few
items that are in the tree.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.lanes import WIDTH, larger, load, load_first, splat
from syntagma.structures.kernels.cpu.projective_items import RIGHT, Integers, places, push, record, usable
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.cpu.tree_lanes import largest

Array = NDArray[np.float64]


def best(arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
    """The best tree of each row as heads `[batch, words]`, 0 in padding, and its score, -inf where there is none."""
    scores = readable(arcs)
    heads, totals = lengths.new_zeros(scores.shape[:2]), scores.new_empty(len(scores), dtype=torch.float64)
    arrays = scores.numpy(), lengths.numpy(), heads.numpy(), totals.numpy()
    over_rows(lambda first, last: _best(first, last, single_root, *arrays), len(scores), work(scores))
    return heads, totals


def readable(arcs: Tensor) -> Tensor:
    """The scores, contiguous, in a type that numba knows."""
    scores = arcs.detach()
    return (scores if scores.dtype in (torch.float32, torch.float64) else scores.float()).contiguous()


def work(scores: Tensor) -> float:
    """Elementary steps: three sums over all splits of all spans."""
    return scores.shape[0] * float(scores.shape[2]) ** 3 / 2


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _best(
    first: int, last: int, single_root: bool, arcs: Array, lengths: Integers, heads: Integers, totals: Array
) -> None:
    nodes = arcs.shape[2]
    chart, stack = np.zeros(3 * nodes**2 + WIDTH), np.empty((4 * nodes, 3), np.int64)
    for b in range(first, last):
        if not usable(arcs[b], lengths[b]):
            totals[b] = np.nan
            continue
        _fill(nodes, lengths[b], single_root, arcs[b], chart)
        totals[b] = chart[nodes**2 + lengths[b]]
        _follow(nodes, lengths[b], chart, stack, heads[b])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _fill(nodes: int, length: int, single_root: bool, arcs: Array, chart: Array) -> None:
    """The score of the best of every item, the narrower ones first."""
    arc, full, full_to = 0, nodes**2, 2 * nodes**2
    for i in range(length + 1):
        chart[full + i * nodes + i] = chart[full_to + i * nodes + i] = 0.0
    for width in range(1, length + 1):
        for i in range(length + 1 - width):
            j = i + width
            start, end, at, to = i * nodes + i, j * nodes + i, i * nodes + j, j * nodes + i
            pair = _highest(chart, full + start, full + end + 1, width)
            chart[arc + at] = pair + arcs[j - 1, i]
            if i > 0:
                chart[arc + to] = pair + arcs[i - 1, j]
                chart[full + to] = chart[full_to + at] = _highest(chart, full_to + start, arc + end, width)
            right = _highest(chart, arc + start + 1, full_to + end + 1, width)
            chart[full + at] = chart[full_to + to] = -np.inf if single_root and i == 0 and j < length else right


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _highest(chart: Array, a: int, b: int, count: int) -> float:
    peaks = splat(-np.inf)
    for k in range(0, count, WIDTH):
        peaks = larger(load_first(chart, a + k, count - k, -np.inf) + load(chart, b + k), peaks)
    return largest(peaks)  # type: ignore[no-any-return]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _follow(nodes: int, length: int, chart: Array, stack: Integers, heads: Integers) -> None:
    """Takes the best tree apart from the top."""
    stack[0, 0], stack[0, 1], stack[0, 2] = RIGHT, 0, length
    waiting = 1
    while waiting > 0:
        waiting -= 1
        kind, i, j = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2]
        record(heads, kind, i, j)
        if i == j:
            continue
        a, b = places(nodes, kind, i, j)
        split = 0
        for k in range(1, j - i):
            if chart[a + k] + chart[b + k] > chart[a + split] + chart[b + split]:
                split = k
        push(stack, waiting, kind, i, j, split)
        waiting += 2
