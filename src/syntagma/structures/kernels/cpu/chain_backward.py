"""The backward sweep of a chain over kept forward messages: probabilities of labels and pairs, weighted and summed.

    beta_i  = X arrival_{i+1}                        and 1 at the last word
    arrival_i = beta_i * E_i / c_i
    p(y_i = b)              = alpha_i[b] beta_i[b] / c_i
    p(y_{i-1} = a, y_i = b) = alpha_{i-1}[a] / c_{i-1} X[a, b] arrival_i[b]

A row whose log Z is NaN was given up by the forward sweep: its results are 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from syntagma.structures.kernels.cpu.chain_lifting import lift_table
from syntagma.structures.kernels.cpu.lanes import load, one_at, splat, store, store_first, total
from syntagma.structures.kernels.cpu.products import add_rows, add_rows_onto

BLOCK = 64  # words whose pairs are counted together, so that their messages are still in the nearest cache


@njit(cache=True, nogil=True, error_model="numpy")
def count_parts(
    transitions: Any,
    lengths: Any,
    weights: Any,
    known: Any,
    first: int,
    last: int,
    alpha: Any,
    lifted: Any,
    scale: Any,
    log_z: Any,
    unary: Any,
    pairs: Any,
    starts: Any,
    ends: Any,
) -> None:
    """Expected parts times their row's weight, where one transition table `[labels, labels]` serves all.

    With `known [batch, words]` (or no row) of paths, the parts that these have count the weight less. `unary [batch,
    words, labels]` is written, 0 where padded. To `pairs [labels, width]`, unless it is empty, the sum over all words
    is added, and to `starts` and `ends`, if they have rows, the first and last words' parts: of each row to its own, or
    of all to the only one.
    """
    words, labels, width = unary.shape[1], unary.shape[2], alpha.shape[2]
    table, transposed = _tables(transitions, width)
    beta, arrivals, own = np.empty(width), np.empty((BLOCK, width)), np.zeros((labels, labels))
    for row in range(first, last):
        length = lengths[row] if log_z[row] == log_z[row] else 0
        beta[:] = 1.0
        for high in range(length, 0, -BLOCK):
            low = max(high - BLOCK, 0)
            for i in range(high - 1, low - 1, -1):
                at, slot = (row * words + i) * width, (i - low) * width
                label = known[row, i] if known.shape[0] else -1
                if label >= 0 and i > 0:
                    own[known[row, i - 1], label] += weights[row]
                _meet(alpha, at, scale[row, i], beta, 0, weights[row], label, unary, (row * words + i) * labels)
                _depart(lifted, at, scale[row, i], beta, 0, arrivals, slot, labels)
                if i > 0:
                    add_rows(transposed, 0, width, arrivals, slot, 1, labels, beta, 0)
            if pairs.shape[0]:
                _count_pairs(alpha, scale, weights[row], row, low, high, arrivals, pairs)
        _finish_row(unary, row, length, starts, ends)
    if pairs.shape[0]:
        for a in range(labels):
            for b in range(labels):
                pairs[a, b] = pairs[a, b] * table[a, b] - own[a, b]


@njit(forceinline=True)
def _meet(
    alpha: Any, at: int, scale: float, beta: Any, place: int, weight: float, known: int, unary: Any, to: int
) -> None:
    """Write a word's probabilities, less 1 for its known label, times the weight; `place` is that of its message."""
    labels, share = unary.shape[2], splat(1.0 / scale)
    for label in range(0, labels, 8):
        probability = load(alpha, at + label) * load(beta, place + label) * share - one_at(known - label)
        store_first(unary, to + label, labels - label, probability * splat(weight))


@njit(forceinline=True)
def _depart(lifted: Any, at: int, scale: float, beta: Any, place: int, arrivals: Any, slot: int, labels: int) -> None:
    """Write the arrival at a word, whose backward message is at `place`."""
    share = splat(1.0 / scale)
    for label in range(0, labels, 8):
        store(arrivals, slot + label, load(beta, place + label) * load(lifted, at + label) * share)


@njit(forceinline=True)
def _count_pairs(
    alpha: Any, scale: Any, weight: float, row: int, low: int, high: int, arrivals: Any, counts: Any
) -> None:
    """Add the pairs that end at words `low` (but not 0) to `high - 1`, but for their transition's factor."""
    words, width = alpha.shape[1:]
    begin = max(low, 1)
    for i in range(begin, high):
        share = splat(weight / scale[row, i - 1])
        for label in range((i - low) * width, (i - low + 1) * width, 8):
            store(arrivals, label, load(arrivals, label) * share)
    before = (row * words + begin - 1) * width
    for a in range(counts.shape[0]):
        add_rows_onto(arrivals, (begin - low) * width, width, alpha, before + a, width, high - begin, counts, a * width)


@njit(cache=True, nogil=True, error_model="numpy")
def spread_parts(
    transitions: Any,
    lengths: Any,
    weights: Any,
    known: Any,
    first: int,
    last: int,
    alpha: Any,
    lifted: Any,
    scale: Any,
    log_z: Any,
    unary: Any,
    pairs: Any,
    starts: Any,
    ends: Any,
) -> None:
    """As `count_parts`, with every pair of words by itself: `pairs [batch, words - 1, from, to]`, 0 where padded.

    Transitions are one table or one a position.
    """
    words, labels, width, shared = unary.shape[1], unary.shape[2], alpha.shape[2], transitions.ndim == 2
    table, beta, arrival = np.empty((labels, width)), np.empty(width), np.empty(width)
    if shared:
        lift_table(transitions, 0, labels, table)
    for row in range(first, last):
        length = lengths[row] if log_z[row] == log_z[row] else 0
        beta[:] = 1.0
        for i in range(length - 1, -1, -1):
            at, place = (row * words + i) * width, (row * (words - 1) + i - 1) * labels * labels
            label = known[row, i] if known.shape[0] else -1
            _meet(alpha, at, scale[row, i], beta, 0, weights[row], label, unary, (row * words + i) * labels)
            if i == 0:
                break
            _depart(lifted, at, scale[row, i], beta, 0, arrival, 0, labels)
            if not shared:
                lift_table(transitions, place, labels, table)
            for a in range(labels):
                share = weights[row] * alpha[row, i - 1, a] / scale[row, i - 1]
                beta[a] = _spread(table, a * width, arrival, share, pairs, place + a * labels)
            if label >= 0:
                pairs[row, i - 1, known[row, i - 1], label] -= weights[row]
        _finish_row(unary, row, length, starts, ends)
        pairs[row, max(length - 1, 0) :] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def backward(
    transitions: Any, lengths: Any, first: int, last: int, lifted: Any, scale: Any, log_z: Any, beta: Any
) -> None:
    """The backward messages themselves, `[batch, words, width]`; transitions are one table or one a position."""
    labels, words, width, shared = transitions.shape[-1], lifted.shape[1], lifted.shape[2], transitions.ndim == 2
    table, arrival = np.empty((labels, width)), np.empty(width)
    if shared:
        lift_table(transitions, 0, labels, table)
    for row in range(first, last):
        length = lengths[row] if log_z[row] == log_z[row] else 0
        beta[row] = 1.0
        for i in range(length - 1, 0, -1):
            at = (row * words + i) * width
            _depart(lifted, at, scale[row, i], beta, at, arrival, 0, labels)
            if not shared:
                lift_table(transitions, (row * (words - 1) + i - 1) * labels * labels, labels, table)
            for a in range(labels):
                message = splat(0.0)
                for b in range(0, labels, 8):
                    message = message + load(table, a * width + b) * load(arrival, b)
                beta[row, i - 1, a] = total(message)


@njit(forceinline=True)
def _spread(table: Any, at: int, arrival: Any, share: float, pairs: Any, to: int) -> float:
    """Write the pairs that one label begins, and return its backward message."""
    labels, message = pairs.shape[3], splat(0.0)
    for b in range(0, labels, 8):
        onward = load(table, at + b) * load(arrival, b)
        store_first(pairs, to + b, labels - b, onward * splat(share))
        message = message + onward
    return total(message)


@njit(forceinline=True)
def _finish_row(unary: Any, row: int, length: int, starts: Any, ends: Any) -> None:
    """0 in the padding, and the first and last words' parts once more."""
    unary[row, length:] = 0.0
    for label in range(unary.shape[2] if length else 0):
        if starts.shape[0]:
            starts[min(row, starts.shape[0] - 1), label] += unary[row, 0, label]
        if ends.shape[0]:
            ends[min(row, ends.shape[0] - 1), label] += unary[row, length - 1, label]


@njit(forceinline=True)
def _tables(transitions: Any, width: int) -> tuple[Any, Any]:
    """The lifted table, and again with `to` first."""
    labels = transitions.shape[0]
    table, transposed = np.empty((labels, width)), np.zeros((labels, width))
    lift_table(transitions, 0, labels, table)
    for a in range(labels):
        for b in range(labels):
            transposed[b, a] = table[a, b]
    return table, transposed
