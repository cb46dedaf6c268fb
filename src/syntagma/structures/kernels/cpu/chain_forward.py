"""The forward sweep of a chain in scaled probability space, one row after another, and its underflow sentinel.

With lifted emissions E and transitions X (at most 1), and c the sum of a message over labels:

    alpha_i = (alpha_{i-1} / c_{i-1}) X * E_i        kept as it is, c beside it
    log Z   = sum_i log c_i + what lifting took out

The sentinel is the reference's: where a label that some path reaches has an alpha below the floor, the row is given up
(its log Z is NaN) for an exact pass elsewhere. A label that no path reaches loses its emission, so that the backward
message there, which nothing bounds, comes to nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from syntagma.structures.kernels.cpu.chain_lifting import lift_table, lift_word
from syntagma.structures.kernels.cpu.lanes import at_least, load, splat, store, total
from syntagma.structures.kernels.cpu.products import add_rows

FLOOR = float(np.finfo(np.float64).tiny) ** 0.8


@njit(cache=True, nogil=True, error_model="numpy")
def forward(
    emissions: Any,
    transitions: Any,
    start: Any,
    end: Any,
    lengths: Any,
    first: int,
    last: int,
    alpha: Any,
    lifted: Any,
    scale: Any,
    log_z: Any,
) -> None:
    """Sweep over the rows from `first` to before `last`.

    `emissions [batch, words, labels]`, `transitions [labels, labels]` or `[batch, words - 1, labels, labels]`; `start`
    and `end` have no row, one for all, or one each. Written: `alpha` and `lifted [batch, words, width]`, `scale [batch,
    words]`, `log_z [batch]`; nothing in padding.
    """
    words, labels = emissions.shape[1:]
    width, shared = alpha.shape[2], transitions.ndim == 2
    table = np.empty((labels, width))
    reached = np.empty((2, labels), np.bool_)
    peak = lift_table(transitions, 0, labels, table) if shared else 0.0
    for row in range(first, last):
        length, whole = lengths[row], True
        log_sum = peak * (length - 1) if shared else 0.0
        for i in range(length):
            log_sum += lift_word(emissions, row, i, length, start, end, lifted, (row * words + i) * width)
        for i in range(length):
            at = (row * words + i) * width
            if i == 0:
                message, strong = _begin(lifted, at, labels, alpha)
            else:
                if not shared:
                    log_sum += lift_table(transitions, (row * (words - 1) + i - 1) * labels**2, labels, table)
                add_rows(table, 0, width, alpha, at - width, 1, labels, alpha, at)
                message, strong = _arrive(lifted, at, labels, 1.0 / message, alpha)
            if strong < labels:
                if not _thin_is_well(emissions, transitions, start, end, row, i, length, alpha, lifted, whole, reached):
                    message = np.nan
                whole = False
            else:
                whole = True
            scale[row, i] = message
            log_sum += math.log(message) if message > 0.0 else np.nan
            if log_sum != log_sum:
                break
        log_z[row] = log_sum


@njit(forceinline=True)
def _begin(lifted: Any, at: int, labels: int, alpha: Any) -> tuple[float, int]:
    """The first message: its sum, and how many labels are above the floor."""
    message, strong = splat(0.0), 0
    for label in range(at, at + labels, 8):
        arriving = load(lifted, label)
        store(alpha, label, arriving)
        message = message + arriving
        strong += at_least(arriving, FLOOR)
    return total(message), strong


@njit(forceinline=True)
def _arrive(lifted: Any, at: int, labels: int, scale: float, alpha: Any) -> tuple[float, int]:
    """The next message, from what the transitions brought; its sum, and how many labels are above the floor."""
    message, strong = splat(0.0), 0
    for label in range(at, at + labels, 8):
        arriving = load(alpha, label) * load(lifted, label) * splat(scale)
        store(alpha, label, arriving)
        message = message + arriving
        strong += at_least(arriving, FLOOR)
    return total(message), strong


@njit(nogil=True)
def _thin_is_well(
    emissions: Any,
    transitions: Any,
    start: Any,
    end: Any,
    row: int,
    i: int,
    length: int,
    alpha: Any,
    lifted: Any,
    whole: bool,
    reached: Any,
) -> bool:
    """Whether every label below the floor is one that no path reaches; they lose their emission.

    `reached [2, labels]` is kept from word to word, by turns; where all labels were, `whole`, it is not read.
    """
    labels = emissions.shape[2]
    here, before = reached[i % 2], reached[(i + 1) % 2]
    for b in range(labels):
        here[b] = alpha[row, i, b] >= FLOOR
        if here[b]:
            continue
        possible = emissions[row, i, b] != -np.inf
        if i == 0 and start.shape[0]:
            possible &= start[min(row, start.shape[0] - 1), b] != -np.inf
        if i == length - 1 and end.shape[0]:
            possible &= end[min(row, end.shape[0] - 1), b] != -np.inf
        if possible and i > 0:
            possible = _has_way(transitions, row, i - 1, b, before, whole)
        if possible:
            return False
        lifted[row, i, b] = alpha[row, i, b] = 0.0
    return True


@njit(nogil=True)
def _has_way(transitions: Any, row: int, i: int, b: int, before: Any, whole: bool) -> bool:
    """Whether some path leads to label `b` from the labels reached at word `i`."""
    flat = transitions.reshape(-1, transitions.shape[-1] ** 2)
    table = 0 if transitions.ndim == 2 else row * transitions.shape[1] + i
    labels = transitions.shape[-1]
    for a in range(labels):  # noqa: SIM110 - numba has no generators here
        if (whole or before[a]) and flat[table, a * labels + b] != -np.inf:
            return True
    return False
