"""The k best projective trees, one sentence a work item (numba; extra `fast`).

The specification is `reference.projective_trees`; scores are added in the same order, so equal trees are equal here and
there. Tables as in `projective_sums`, of scores, with k ranks an entry, best first. No choice is remembered on the way:
it is made again for the few items that are in a tree.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.projective_best import readable, work
from syntagma.structures.kernels.cpu.projective_items import RIGHT, Integers, places, push, record
from syntagma.structures.kernels.cpu.threads import over_rows

Array = NDArray[np.float64]


def k_best(arcs: Tensor, lengths: Tensor, single_root: bool, k: int) -> Tensor:
    """The k best trees as heads `[batch, k, words]`, best first, none twice; -1 in padding and where there is none.

    Those of equal score stand in the order of their splits from the top, then of the ranks of the first parts.
    """
    scores = readable(arcs)
    heads = torch.full((len(scores), k, scores.shape[1]), -1)
    arrays = scores.numpy(), lengths.numpy(), heads.numpy()
    over_rows(lambda first, last: _k_best(first, last, single_root, *arrays), len(scores), k * work(scores))
    return heads


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _k_best(first: int, last: int, single_root: bool, arcs: Array, lengths: Integers, heads: Integers) -> None:
    nodes, k = arcs.shape[2], heads.shape[1]
    chart, choices, stack = np.zeros((3 * nodes**2, k)), np.empty((k, 3), np.int64), np.empty((4 * nodes, 4), np.int64)
    for b in range(first, last):
        _fill(nodes, lengths[b], single_root, arcs[b], chart, choices)
        for rank in range(k):
            if chart[nodes**2 + lengths[b], rank] > -np.inf:
                _follow(nodes, lengths[b], rank, chart, choices, stack, heads[b, rank])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _fill(nodes: int, length: int, single_root: bool, arcs: Array, chart: Array, choices: Integers) -> None:
    """The scores of the k best of every item, the narrower ones first."""
    arc, full, full_to = 0, nodes**2, 2 * nodes**2
    for i in range(length + 1):
        chart[full + i * nodes + i] = -np.inf
        chart[full + i * nodes + i, 0] = 0.0
        chart[full_to + i * nodes + i] = chart[full + i * nodes + i]
    for width in range(1, length + 1):
        for i in range(length + 1 - width):
            j = i + width
            start, end, at, to = i * nodes + i, j * nodes + i, i * nodes + j, j * nodes + i
            _merge(chart, full + start, full + end + 1, width, chart[arc + at], choices)
            if i > 0:
                chart[arc + to] = chart[arc + at] + arcs[i - 1, j]
                _merge(chart, full_to + start, arc + end, width, chart[full + to], choices)
                chart[full_to + at] = chart[full + to]
            chart[arc + at] += arcs[j - 1, i]
            _merge(chart, arc + start + 1, full_to + end + 1, width, chart[full + at], choices)
            if single_root and i == 0 and j < length:
                chart[full + at] = -np.inf
            chart[full_to + to] = chart[full + at]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _merge(chart: Array, a: int, b: int, count: int, best: Array, choices: Integers) -> None:
    """The k best sums of two parts over all splits, and their (split, rank, rank); of equals the first stay first."""
    ranks = len(best)
    best[:] = -np.inf
    for split in range(count):
        for of_first in range(ranks):
            if chart[a + split, of_first] == -np.inf:
                break
            for of_last in range(ranks // (of_first + 1)):
                score = chart[a + split, of_first] + chart[b + split, of_last]
                if not score > best[ranks - 1]:
                    break
                place = ranks - 1
                while place > 0 and score > best[place - 1]:
                    best[place] = best[place - 1]
                    choices[place] = choices[place - 1]
                    place -= 1
                best[place] = score
                choices[place, 0], choices[place, 1], choices[place, 2] = split, of_first, of_last


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _follow(
    nodes: int, length: int, rank: int, chart: Array, choices: Integers, stack: Integers, heads: Integers
) -> None:
    """Takes the tree of this rank apart from the top."""
    best = np.empty(len(choices))
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = RIGHT, 0, length, rank
    waiting = 1
    while waiting > 0:
        waiting -= 1
        kind, i, j, rank = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2], stack[waiting, 3]
        record(heads, kind, i, j)
        if i == j:
            continue
        a, b = places(nodes, kind, i, j)
        _merge(chart, a, b, j - i, best, choices)
        push(stack, waiting, kind, i, j, choices[rank, 0])
        stack[waiting, 3], stack[waiting + 1, 3] = choices[rank, 1], choices[rank, 2]
        waiting += 2
