"""Sums over all trees compiled: `reference.matrix_tree` for one sentence at a time, four states eliminated together.

Tables are `[columns, from]`, so that the inner loops run over all words in a row of memory. A set's columns are those
of its states, which are neighbours, then the last. Rows in which e^FLOOR may count are done by the reference.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.reference.matrix_tree import FAINT, FLOOR, TreeSums, sums_by_logarithms

Array = NDArray[np.float64]
LEAST = np.exp(FLOOR)


@torch.no_grad()
def tree_sums(arcs: Tensor, sizes: Tensor, single_root: bool) -> TreeSums:
    """log Z and the probability of every arc, without history; arguments as `reference.matrix_tree.tree_sums`."""
    batch, words = arcs.shape[:2]
    peaks = arcs.amax(-1, keepdim=True)
    weights = (arcs - peaks.clamp(min=-1e300)).exp_()  # padded words have no peak
    logs = torch.empty(2, batch, dtype=torch.float64)
    marginals = torch.zeros_like(arcs)
    tables = weights.numpy(), sizes.numpy(), logs.numpy(), marginals.numpy()
    over_rows(lambda first, last: _rows(*tables, single_root, first, last), batch, batch * words**3)
    log_z = logs[0] + peaks.masked_fill(peaks == -torch.inf, 0.0).sum((1, 2))
    faint = (~(logs[1] > FAINT)).nonzero().flatten()
    if faint.numel():
        exact = sums_by_logarithms(arcs[faint], sizes[faint], single_root)
        log_z[faint], marginals[faint] = exact.log_partition, exact.marginals
    return TreeSums(log_z, marginals)


@njit(cache=True, nogil=True, fastmath={"contract"})
def _rows(
    weights: Array, sizes: NDArray[np.int64], logs: Array, marginals: Array, single_root: bool, first: int, last: int
) -> None:
    """Fill `logs [2, batch]`, log Z less the peaks and the log-probability of a tree, and `marginals`, of some rows."""
    most = weights.shape[1]
    space = np.empty((2 * most + 64) * most)  # for the sets on the way down: of all words, of half of them, ...
    for row in range(first, last):
        words = sizes[row]
        memory = space[: (2 * most + 64) * words].reshape(2 * most + 64, words)
        mass, chance = _fill(memory, weights[row], words, single_root)
        log_pivots = _leave_one_out(memory, weights[row], marginals[row], words, single_root)
        logs[0, row] = mass + log_pivots
        logs[1, row] = logs[0, row] - chance


@njit(cache=True, nogil=True)
def _fill(table: Array, weights: Array, words: int, single_root: bool) -> tuple[float, float]:
    """The Markov chain of a sentence, and the log-masses of its rows as they are normalised and with the root."""
    log_mass, log_whole = 0.0, 0.0
    for i in range(words):
        mass = 0.0
        for j in range(words):
            table[j, i] = max(weights[i, 1 + j], LEAST)
            mass += table[j, i]
        root = max(weights[i, 0], LEAST)
        whole = mass + root
        log_whole += np.log(whole)
        if not single_root:
            mass = whole
        log_mass += np.log(mass)
        for j in range(words):
            table[j, i] /= mass
        table[words, i] = root / mass
    return log_mass, log_whole


@njit(cache=True, nogil=True, fastmath={"contract"})
def _leave_one_out(memory: Array, weights: Array, marginals: Array, words: int, single_root: bool) -> float:
    """Eliminate one half of the states, go on with the other, and the reverse; returns the log of the pivots' product.

    The tables of the sets on the way to where we are stand in `memory` one after another.
    """
    depth = 0
    begins, firsts, counts, stages = np.zeros((4, 64), np.int64)
    counts[0] = words
    log_pivots = 0.0
    while depth >= 0:
        begin, first, count = begins[depth], firsts[depth], counts[depth]
        if count == 1:
            last = memory[begin + 1]
            if first == 0:
                log_pivots += np.log(last[0])
            _finish(weights[first], last, marginals[first], words)
            depth -= 1
            continue
        half, stage = (count + 1) // 2, stages[depth]
        stages[depth] += 1
        if stage == 2:
            depth -= 1
            continue
        left, skipped, gone = (half, 0, half) if stage == 0 else (count - half, half, 0)
        below = begin + count + 1
        memory[below : below + left] = memory[begin + skipped : begin + skipped + left]
        memory[below + left] = memory[begin + count]
        memory[below + left + 1 : below + count + 1] = memory[begin + gone : begin + gone + count - left]
        pivots = _eliminate(memory[below : below + count + 1], left, first + gone, single_root)
        depth += 1
        begins[depth], firsts[depth], counts[depth], stages[depth] = below, first + skipped, left, 0
        if first + skipped == 0:
            log_pivots += pivots
    return log_pivots


@njit(cache=True, nogil=True, fastmath={"contract"})
def _eliminate(table: Array, left: int, first: int, single_root: bool) -> float:
    """Eliminate the words from `first` on, whose columns stand behind the `left` ones and the last; the pivots' log."""
    columns = table.shape[0]
    shares = np.zeros((4, columns))
    log_pivots = 0.0
    for begin in range(left + 1, columns, 4):
        end = min(begin + 4, columns)
        shares[end - begin :] = 0.0
        for column in range(begin, end):
            word, own = first + column - left - 1, column - begin
            for earlier in range(own):
                _add(table[column], shares[earlier, column], table[begin + earlier])
            total = 0.0
            for j in range(columns):
                if left < j <= column:
                    continue
                weight = table[j, word]
                for earlier in range(own):
                    weight += shares[earlier, j] * table[begin + earlier, word]
                shares[own, j] = weight
                if j != left or not single_root:
                    total += weight
            shares[own] /= total
            log_pivots += np.log(total)
        a, b, c, d = begin, min(begin + 1, end - 1), min(begin + 2, end - 1), end - 1
        for j in range(columns):
            if left < j < end:
                continue
            _add_four(table[j], shares[:, j], table[a], table[b], table[c], table[d])
    return log_pivots


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add(to: Array, share: float, column: Array) -> None:
    for i in range(to.shape[0]):
        to[i] += share * column[i]


@njit(cache=True, nogil=True, fastmath={"contract"})
def _add_four(to: Array, shares: Array, a: Array, b: Array, c: Array, d: Array) -> None:
    first, second, third, fourth = shares[0], shares[1], shares[2], shares[3]
    for i in range(to.shape[0]):
        to[i] += (first * a[i] + second * b[i]) + (third * c[i] + fourth * d[i])


@njit(cache=True, nogil=True)
def _finish(weights: Array, last: Array, marginals: Array, words: int) -> None:
    """Heads of a word in proportion to what the arc from each is worth, `last [words]`."""
    marginals[0] = total = weights[0]
    for head in range(words):
        marginals[1 + head] = weights[1 + head] * last[head]
        total += marginals[1 + head]
    for head in range(words + 1):
        marginals[head] /= total
