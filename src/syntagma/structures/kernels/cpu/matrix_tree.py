"""Sums over all trees compiled: `reference.matrix_tree` for one sentence at a time.

Tables are `[columns, from]`, laid flat, a column being as wide as the words and filled up with zeros to a multiple of
eight; a set's columns are those of its states, which are neighbours, then the last. Rows in which e^FLOOR may count are
done by the reference.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.lanes import WIDTH, load, store
from syntagma.structures.kernels.cpu.products import add_rows_onto
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.reference.matrix_tree import FAINT, FLOOR, TreeSums, sums_by_logarithms

Array = NDArray[np.float64]
LEAST = np.exp(FLOOR)
_BLOCK = 8  # states of a set eliminated one by one
_FEW = 4  # states of a set whose walks among themselves are found without columns for all words


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


@njit(cache=True, nogil=True)
def _rows(
    weights: Array, sizes: NDArray[np.int64], logs: Array, marginals: Array, single_root: bool, first: int, last: int
) -> None:
    """Fill `logs [2, batch]`, log Z less the peaks and the log-probability of a tree, and `marginals`, of some rows."""
    most = weights.shape[1]
    tables = np.empty((2 * most + 64) * (most + 7))  # of the sets on the way down: of all words, of half of them, ...
    hits = np.empty(most * (most + 8))
    for row in range(first, last):
        words = sizes[row]
        width = (words + 7) // 8 * 8
        log_mass, log_whole = _fill(tables[: (words + 1) * width].reshape(words + 1, width), weights[row], single_root)
        log_pivots = _leave_one_out(tables, hits, weights[row], marginals[row], words, single_root)
        logs[0, row] = log_mass + log_pivots
        logs[1, row] = logs[0, row] - log_whole


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _fill(table: Array, weights: Array, single_root: bool) -> tuple[float, float]:
    """The Markov chain of a sentence, and the log-masses of its rows as they are normalised and with the root."""
    words = table.shape[0] - 1
    log_mass, log_whole = 0.0, 0.0
    table[:, words:] = 0.0
    for i in range(words):
        mass, root = 0.0, max(weights[i, 0], LEAST)
        for j in range(1, words + 1):
            mass += max(weights[i, j], LEAST)
        log_whole += np.log(mass + root)
        if not single_root:
            mass += root
        log_mass += np.log(mass)
        for j in range(words):
            table[j, i] = max(weights[i, 1 + j], LEAST) / mass
        table[words, i] = root / mass
    return log_mass, log_whole


@njit(cache=True, nogil=True)
def _leave_one_out(
    tables: Array, hits: Array, weights: Array, marginals: Array, words: int, single_root: bool
) -> float:
    """Eliminate one half of the states, go on with the other, and the reverse; returns the log of the pivots' product.

    The tables of the sets on the way to where we are stand one after another.
    """
    width = (words + 7) // 8 * 8
    shares, depth, log_pivots = np.empty(_BLOCK), 0, 0.0
    begins, firsts, counts, stages = np.zeros((4, 64), np.int64)
    counts[0] = words
    while depth >= 0:
        begin, first, count, stage = begins[depth], firsts[depth], counts[depth], stages[depth]
        stages[depth] += 1
        if count <= _FEW:
            log_pivots += _finish_few(tables, begin, hits, weights, marginals, first, count, words, single_root)
        if count <= _FEW or stage == 2:
            depth -= 1
            continue
        half = (count + 1) // 2
        kept, left, gone = (0, half, half) if stage == 0 else (half, count - half, 0)
        pivots = _absorb(tables, begin, hits, shares, first, count, gone, count - left, width, single_root)
        below, line = begin + (count + 1) * width, (count + 8) // 8 * 8
        for j in range(left + 1):
            column, to = kept + j if j < left else count, below + j * width
            for i in range(0, width, WIDTH):
                store(tables, to + i, load(tables, begin + column * width + i))
            add_rows_onto(tables, begin + gone * width, width, hits, column, line, count - left, tables, to)
        depth += 1
        begins[depth], firsts[depth], counts[depth], stages[depth] = below, first + kept, left, 0
        if first + kept == 0:
            log_pivots += pivots
    return log_pivots


@njit(cache=True, nogil=True)
def _absorb(
    tables: Array,
    begin: int,
    hits: Array,
    shares: Array,
    first: int,
    count: int,
    skipped: int,
    gone: int,
    width: int,
    single_root: bool,
) -> float:
    """Where walks are when they leave `gone` states, as lines of `hits`; the log of the pivots.

    The states are the words from `first + skipped` on; a line has a place for each of the `count` columns of the table
    at `begin`, and the last. A block of states is eliminated, then all other lines let walks pass through it.
    """
    line = (count + 8) // 8 * 8
    for p in range(gone):
        for column in range(count + 1):
            hits[p * line + column] = tables[begin + column * width + first + skipped + p]
        for column in range(count + 1, line):
            hits[p * line + column] = 0.0
    log_pivots = 0.0
    for done in range(0, gone, _BLOCK):
        block = min(_BLOCK, gone - done)
        log_pivots += _absorb_block(hits, shares, line, count, skipped, done, block, single_root)
        for other in range(gone):
            if other < done or other >= done + block:
                for p in range(block):
                    shares[p] = hits[other * line + skipped + done + p]
                add_rows_onto(hits, done * line, line, shares, 0, 1, block, hits, other * line)
    return log_pivots


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _absorb_block(
    hits: Array, shares: Array, line: int, count: int, skipped: int, done: int, block: int, single_root: bool
) -> float:
    """The same for a block of the lines, from the `done`-th on: walks pass through those before, then those behind."""
    log_pivots, at = 0.0, skipped + done
    for p in range(block):
        own = (done + p) * line
        for q in range(p):
            shares[q] = hits[own + at + q]
            for earlier in range(q):
                shares[q] += shares[earlier] * hits[(done + earlier) * line + at + q]
        add_rows_onto(hits, done * line, line, shares, 0, 1, p, hits, own)
        total = 0.0 if single_root else hits[own + count]
        for column in range(skipped):
            total += hits[own + column]
        for column in range(at + p + 1, count):
            total += hits[own + column]
        log_pivots += np.log(total)
        for column in range(own, own + line):
            hits[column] /= total
    for p in range(block - 2, -1, -1):
        for q in range(p + 1, block):
            shares[q] = hits[(done + p) * line + at + q]
        add_rows_onto(hits, (done + p + 1) * line, line, shares, p + 1, 1, block - p - 1, hits, (done + p) * line)
    return log_pivots


@njit(cache=True, nogil=True)
def _finish_few(
    tables: Array,
    begin: int,
    last: Array,
    weights: Array,
    marginals: Array,
    first: int,
    count: int,
    words: int,
    single_root: bool,
) -> float:
    """The marginals of a few words, the others being eliminated; the log of the pivots that are word 0's, or 0."""
    inner, reach = np.empty((count, count + 1)), np.empty(count)
    width, log_pivots = (words + 7) // 8 * 8, 0.0
    for own in range(count):
        for state in range(count):
            for column in range(count + 1):
                inner[state, column] = tables[begin + column * width + first + state]
        pivots = _absorb_others(inner, own, single_root)
        for state in range(count):
            reach[state] = 0.0 if state == own else inner[state, count]
        for i in range(0, width, WIDTH):
            store(last, i, load(tables, begin + count * width + i))
        add_rows_onto(tables, begin, width, reach, 0, 1, count, last, 0)
        if first + own == 0:
            log_pivots = pivots + np.log(last[0])
        _finish(weights[first + own, : words + 1], last, marginals[first + own, : words + 1])
    return log_pivots


@njit(cache=True, nogil=True)
def _absorb_others(inner: Array, own: int, single_root: bool) -> float:
    """Eliminate all states of a small table, `[states, states + 1]`, but one; the log of the pivots."""
    count, log_pivots = inner.shape[0], 0.0
    for state in range(count):
        if state == own:
            continue
        total = 0.0 if single_root else inner[state, count]
        for column in range(count):
            if column > state or column == own:
                total += inner[state, column]
        log_pivots += np.log(total)
        for other in range(count):
            share = inner[other, state] / total
            if other != state:
                for column in range(count + 1):
                    inner[other, column] += share * inner[state, column]
        for column in range(count + 1):
            inner[state, column] /= total
    return log_pivots


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _finish(weights: Array, last: Array, marginals: Array) -> None:
    """Heads of a word in proportion to what the arc from each is worth, `last [words]`."""
    total = weights[0]
    for head in range(1, marginals.shape[0]):
        total += weights[head] * last[head - 1]
    marginals[0] = weights[0] / total
    for head in range(1, marginals.shape[0]):
        marginals[head] = weights[head] * last[head - 1] / total
