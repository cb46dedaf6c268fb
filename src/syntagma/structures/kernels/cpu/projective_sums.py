"""Inside and outside sums over projective trees, one sentence a work item (numba; extra `fast`).

The specification is `reference.projective_chart`. Here a sum over trees is not kept as a logarithm but as a number
with an exponent of its own, `fraction * 2^exponent`, the exponent a float64 that holds an integer of any size. So a
product is a multiplication and an addition, a sum over splits takes no exponential, and nothing over- or underflows:

    sum_k a_k b_k = 2^x sum_k fraction(a_k) fraction(b_k) 2^(exponent(a_k) + exponent(b_k) - x)

where the power of two, for differences within float64's own range, is an integer shifted into place. A forbidden arc
has the exponent -1e300: no sum of possible trees comes near it.

Node 0 is the root, node i is word i. There are five tables of `[nodes, nodes]`, laid one after the other in an array of
fractions and one of exponents, and every sum runs along two rows:

    score[d, h]    the arc to d from h alone
    arc[h, d]      head h, its dependent d, and all between them
    full[h, e]     head h and all of its descendants on one side, up to node e
    full_to[e, h]  the same, turned round
    pair[i, j]     i with its descendants on the right and j with its on the left, where these meet: i < j
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.lanes import WIDTH, exponential, larger, load, load_first, splat, store, total
from syntagma.structures.kernels.cpu.projective_best import readable, work
from syntagma.structures.kernels.cpu.projective_items import Integers, usable
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.cpu.tree_lanes import power_of_two

Array = NDArray[np.float64]

_FORBIDDEN = -1e300
_NOTHING = -1e305
_IMPOSSIBLE = -1e290  # the exponent of a tree with a forbidden arc is below it, of any other above
_HUGE = 2.0**1000
_PER_NAT = 1 / math.log(2)
_NATS, _MORE_NATS = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # log 2 in two parts, the first short
_ROUNDING = 1.5 * 2.0**52  # added and taken away it rounds to an integer
_FRACTION, _ONE = 0x000F_FFFF_FFFF_FFFF, 0x3FF0_0000_0000_0000
_FAINT = 1e-25  # what is less probable has no share in any marginal that float64 could tell


def inside_outside(arcs: Tensor, lengths: Tensor, single_root: bool) -> tuple[Tensor, Tensor]:
    """log Z `[batch]`, -inf where there is no tree, and the probability of every arc `[batch, words, 1 + words]`."""
    scores = readable(arcs)
    log_z = scores.new_empty(len(scores), dtype=torch.float64)
    marginals = torch.zeros_like(scores, dtype=torch.float64)
    arrays = scores.numpy(), lengths.numpy(), log_z.numpy(), marginals.numpy()
    over_rows(lambda first, last: _sweep(first, last, single_root, *arrays), len(scores), 2 * work(scores))
    return log_z, marginals


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sweep(
    first: int, last: int, single_root: bool, arcs: Array, lengths: Integers, log_z: Array, marginals: Array
) -> None:
    size = arcs.shape[2] ** 2
    fraction, exponent, mass = np.ones(5 * size + WIDTH), np.zeros(5 * size + WIDTH), np.zeros(4 * size + WIDTH)
    for b in range(first, last):
        length = lengths[b]
        if not usable(arcs[b], length):
            log_z[b] = np.nan
            continue
        lift(arcs[b], length, fraction, exponent)
        log_z[b] = inside(arcs.shape[2], length, single_root, fraction, exponent)
        if log_z[b] > -np.inf:
            _outside(arcs.shape[2], length, fraction, exponent, mass, marginals[b])


@njit(nogil=True)  # type: ignore[untyped-decorator]
def lift(arcs: Array, length: int, fraction: Array, exponent: Array) -> None:
    """The exponential of every score."""
    nodes = arcs.shape[1]
    zero, one, floor = splat(0.0), splat(1.0), splat(_FORBIDDEN)
    for i in range(length):
        row, score = i * nodes, (4 * nodes + i + 1) * nodes
        for j in range(0, length + 1, WIDTH):
            numbers = larger(load_first(arcs, row + j, length + 1 - j, _FORBIDDEN), floor)
            whole = numbers * splat(_PER_NAT) + splat(_ROUNDING) - splat(_ROUNDING)
            rest = numbers - whole * splat(_NATS) - whole * splat(_MORE_NATS)
            rest = one - larger(one - larger(rest, zero - one), zero)  # what is forbidden has a rest of any size
            store(fraction, score + j, exponential(rest))
            store(exponent, score + j, whole)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def inside(nodes: int, length: int, single_root: bool, fraction: Array, exponent: Array) -> float:
    """Fills the chart, span after span, the shorter ones inside it first; log Z."""
    arc, full, full_to, pair, score = 0, nodes**2, 2 * nodes**2, 3 * nodes**2, 4 * nodes**2
    for i in range(length + 1):
        _put(fraction, exponent, full + i * nodes + i, 1.0, 0.0)
        _put(fraction, exponent, full_to + i * nodes + i, 1.0, 0.0)
    for width in range(1, length + 1):
        for i in range(length + 1 - width):
            j = i + width
            start, end, at, to = i * nodes + i, j * nodes + i, i * nodes + j, j * nodes + i
            f, e = _total(fraction, exponent, full + start, full + end + 1, width)
            _put(fraction, exponent, pair + at, f, e)
            _put(fraction, exponent, arc + at, f * fraction[score + to], e + exponent[score + to])
            if i > 0:
                _put(fraction, exponent, arc + to, f * fraction[score + at], e + exponent[score + at])
        for i in range(length + 1 - width):  # what was just written should not be read at once
            j = i + width
            start, end, at, to = i * nodes + i, j * nodes + i, i * nodes + j, j * nodes + i
            if i > 0:
                f, e = _total(fraction, exponent, full_to + start, arc + end, width)
                _put(fraction, exponent, full + to, f, e)
                _put(fraction, exponent, full_to + at, f, e)
            f, e = _total(fraction, exponent, arc + start + 1, full_to + end + 1, width)
            e = _FORBIDDEN if single_root and i == 0 and j < length else e
            _put(fraction, exponent, full + at, f, e)
            _put(fraction, exponent, full_to + to, f, e)
    tree = full + length
    return exponent[tree] / _PER_NAT + math.log(fraction[tree]) if exponent[tree] > _IMPOSSIBLE else -np.inf


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _put(fraction: Array, exponent: Array, place: int, f: float, e: float) -> None:
    fraction[place], exponent[place] = f, e


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _total(fraction: Array, exponent: Array, a: int, b: int, count: int) -> tuple[float, float]:
    """The sum of `count` products of neighbours from the places `a` and `b` on, with a fraction from 1 to 2.

    The first and the last product bound it from below, so what float64 loses beside them is nothing. In the rare case
    that another one is beyond float64's range above them, the largest is sought.
    """
    last = count - 1
    x, y = exponent[a] + exponent[b], exponent[a + last] + exponent[b + last]
    base = x if x > y else y
    number = np.inf
    while True:
        number = _sum(fraction, exponent, a, b, count, base)
        if number < _HUGE:
            break
        for k in range(count):
            x = exponent[a + k] + exponent[b + k]
            base = x if x > base else base
    bits = np.float64(number).view(np.int64)
    return np.int64((bits & _FRACTION) | _ONE).view(np.float64), base + ((bits >> 52) - 1023)


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _sum(fraction: Array, exponent: Array, a: int, b: int, count: int, base: float) -> float:
    """2^-base times the sum of `count` products."""
    sums, base_lanes = splat(0.0), splat(base)
    for k in range(0, count, WIDTH):
        power = load_first(exponent, a + k, count - k, _NOTHING) + load(exponent, b + k) - base_lanes
        sums = sums + load(fraction, a + k) * load(fraction, b + k) * power_of_two(power)
    return total(sums)  # type: ignore[no-any-return]


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _outside(nodes: int, length: int, fraction: Array, exponent: Array, mass: Array, marginals: Array) -> None:
    """Hands the probability of every item down to those it is made of, to each split its share; the spans turned round.

    Shares are conditional probabilities, so all numbers here lie between 0 and 1.
    """
    arc, full, full_to, pair = 0, nodes**2, 2 * nodes**2, 3 * nodes**2
    mass[:] = 0.0
    mass[full + length] = 1.0
    for j in range(length, 0, -1):
        for i in range(j):
            start, end, at, to = i * nodes + i, j * nodes + i, i * nodes + j, j * nodes + i
            whole = mass[full + at] + mass[full_to + to]
            _share(whole, fraction, exponent, mass, full + at, arc + start + 1, full_to + end + 1, j - i)
            if i > 0:
                whole = mass[full + to] + mass[full_to + at]
                _share(whole, fraction, exponent, mass, full + to, full_to + start, arc + end, j - i)
                marginals[i - 1, j] = mass[arc + to]
            marginals[j - 1, i] = mass[arc + at]
            whole = mass[arc + at] + mass[arc + to]
            _share(whole, fraction, exponent, mass, pair + at, full + start, full + end + 1, j - i)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _share(whole: float, fraction: Array, exponent: Array, mass: Array, place: int, a: int, b: int, count: int) -> None:
    """Adds to both sides of each of `count` products its share in the mass of the whole."""
    if whole < _FAINT:
        return
    weight, base = splat(whole / fraction[place]), splat(exponent[place])
    for k in range(0, count, WIDTH):
        power = load_first(exponent, a + k, count - k, _NOTHING) + load(exponent, b + k) - base
        share = weight * load(fraction, a + k) * load(fraction, b + k) * power_of_two(power)
        store(mass, a + k, load(mass, a + k) + share)
        store(mass, b + k, load(mass, b + k) + share)
