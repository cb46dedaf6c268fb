"""Exact samples of projective trees, one sentence a work item (numba; extra `fast`)."""

from __future__ import annotations

import math

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.lanes import WIDTH
from syntagma.structures.kernels.cpu.projective_best import readable, work
from syntagma.structures.kernels.cpu.projective_items import LEFT, RIGHT, Integers, places, push, record
from syntagma.structures.kernels.cpu.projective_sums import inside, lift
from syntagma.structures.kernels.cpu.threads import over_rows

Array = NDArray[np.float64]


def sample(
    arcs: Tensor, lengths: Tensor, single_root: bool, n: int, generator: torch.Generator | None = None
) -> Tensor:
    """n independent trees of each row as heads `[batch, n, words]`, -1 in padding; anything where there is none."""
    scores = readable(arcs)
    batch, words = scores.shape[:2]
    heads = torch.full((batch, n, words), -1)
    # one for each arc, and one for the half that it is taken from
    draws = torch.rand(batch, n, 2 * words, dtype=torch.float64, generator=generator)
    arrays = scores.numpy(), lengths.numpy(), draws.numpy(), heads.numpy()
    over_rows(lambda first, last: _sample(first, last, single_root, *arrays), batch, work(scores) + 4 * draws.numel())
    return heads


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sample(
    first: int, last: int, single_root: bool, arcs: Array, lengths: Integers, draws: Array, heads: Integers
) -> None:
    nodes = arcs.shape[2]
    size = nodes**2
    fraction, exponent = np.ones(5 * size + WIDTH), np.zeros(5 * size + WIDTH)
    stack = np.empty((4 * nodes, 3), np.int64)
    for b in range(first, last):
        lift(arcs[b], lengths[b], fraction, exponent)
        inside(nodes, lengths[b], single_root, fraction, exponent)
        for n in range(draws.shape[1]):
            _draw(nodes, lengths[b], fraction, exponent, draws[b, n], stack, heads[b, n])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _draw(
    nodes: int, length: int, fraction: Array, exponent: Array, draws: Array, stack: Integers, heads: Integers
) -> None:
    """Takes a tree apart from the top, an item at a split with the probability of its share."""
    stack[0, 0], stack[0, 1], stack[0, 2] = RIGHT, 0, length
    waiting, drawn = 1, 0
    while waiting > 0:
        waiting -= 1
        kind, i, j = stack[waiting, 0], stack[waiting, 1], stack[waiting, 2]
        record(heads, kind, i, j)
        if i == j:
            continue
        whole = _table(nodes, kind) + (j * nodes + i if kind == LEFT else i * nodes + j)
        a, b = places(nodes, kind, i, j)
        left, split = draws[drawn] * fraction[whole], 0
        for k in range(j - i):
            power = exponent[a + k] + exponent[b + k] - exponent[whole]
            if power < -1100.0:
                continue  # less than any draw
            split = k  # also where rounding leaves a rest behind the last one
            left -= fraction[a + k] * fraction[b + k] * math.ldexp(1.0, int(power))
            if left < 0.0:
                break
        push(stack, waiting, kind, i, j, split)
        waiting, drawn = waiting + 2, drawn + 1


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _table(nodes: int, kind: int) -> int:
    return nodes**2 if kind in (LEFT, RIGHT) else 3 * nodes**2
