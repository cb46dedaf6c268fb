"""Paths through a chain, one row after another: known ones' scores, the best, and the k best.

Ties are broken as `kernels.dispatch.ChainKernel` says, by sums taken in the reference's order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from syntagma.structures.kernels.cpu.chain_lifting import load_word
from syntagma.structures.kernels.cpu.lanes import (
    at_least,
    first_at_least,
    highest,
    is_odd,
    larger,
    load,
    load_first,
    splat,
    store,
)
from syntagma.structures.kernels.cpu.products import best_rows


@njit(cache=True, nogil=True)
def score_paths(emissions: Any, transitions: Any, start: Any, end: Any, lengths: Any, labels: Any, scores: Any) -> bool:
    """Write the `scores [batch, n]` of paths `labels [batch, n, words]`; false where one of them is no label."""
    words, count = emissions.shape[1:]
    flat = transitions.reshape(-1, count, count)
    for row in range(labels.shape[0]):
        for path in range(labels.shape[1]):
            total, before = 0.0, 0
            for i in range(lengths[row]):
                label = labels[row, path, i]
                if not 0 <= label < count:
                    return False
                total += emissions[row, i, label]
                if i > 0:
                    table = 0 if transitions.ndim == 2 else row * (words - 1) + i - 1
                    total += flat[table, before, label]
                elif start.shape[0]:
                    total += start[min(row, start.shape[0] - 1), label]
                before = label
            if end.shape[0]:
                total += end[min(row, end.shape[0] - 1), before]
            scores[row, path] = total
    return True


@njit(cache=True, nogil=True)
def viterbi_rows(
    emissions: Any,
    transitions: Any,
    start: Any,
    end: Any,
    lengths: Any,
    first: int,
    last: int,
    paths: Any,
    scores: Any,
) -> None:
    """Write the best `paths [batch, words]`, -1 where padded, and their `scores [batch]`, NaN of odd scores."""
    words, labels = emissions.shape[1:]
    width = -(-labels // 8) * 8
    best, table, into = np.empty((words, width)), np.empty((labels, width)), np.empty((labels, width))
    sound = _load_both(transitions, labels, table, into) if transitions.ndim == 2 else True
    for row in range(first, last):
        length = lengths[row]
        sound_row = _best_scores(emissions, transitions, start, end, row, length, table, best)
        label, scores[row] = _highest_label(best, (length - 1) * width, labels)
        if not sound_row or not (sound or length == 1):
            scores[row] = np.nan
            continue
        for i in range(words - 1, -1, -1):
            if i < length - 1:
                at = _column(transitions, row, i, label, into)
                label = _predecessor(best, i * width, into, at, labels)
            paths[row, i] = label if i < length else -1


@njit(cache=True, nogil=True)
def k_best_rows(
    emissions: Any,
    transitions: Any,
    start: Any,
    end: Any,
    lengths: Any,
    first: int,
    last: int,
    paths: Any,
    scores: Any,
) -> None:
    """Write the k best `paths [batch, k, words]` and `scores [batch, k]`; -1 and -inf beyond, NaN of odd scores."""
    words, labels = emissions.shape[1:]
    width, k = -(-labels // 8) * 8, scores.shape[1]
    best, table, into = np.empty((words, width)), np.empty((labels, width)), np.empty((labels, width))
    sound = _load_both(transitions, labels, table, into) if transitions.ndim == 2 else True
    behind, after, column = np.empty(k), np.empty(k), np.empty(width)
    kept, onward = np.empty((words + 1, k), np.int64), np.empty((words, k), np.int64)
    for row in range(first, last):
        length = lengths[row]
        if not _best_scores(emissions, transitions, start, end, row, length, table, best) or not (sound or length == 1):
            scores[row, 0] = np.nan
            continue
        count, behind[0] = 1, 0.0  # behind the last word there is one ending, the empty one
        for i in range(length - 1, -1, -1):
            for ending in range(count):
                after[ending] = behind[ending]
            ranked = scores[row]
            found = 0
            for ending in range(count):
                if i == length - 1:
                    for label in range(0, labels, 8):
                        store(column, label, splat(0.0))
                else:
                    label = kept[i + 1, ending]
                    at = _column(transitions, row, i, label, into)
                    so_far = after[ending] + _word_score(emissions, end, row, i + 1, length, label)
                    for a in range(0, labels, 8):
                        store(column, a, splat(so_far) + load(into, at + a))
                found = _rank(best, i, column, labels, ending, found, ranked, behind, kept[i], onward[i])
            count = found
        _follow(kept, onward, length, count, paths[row])
        scores[row, count:] = -np.inf


@njit(forceinline=True)
def _best_scores(
    emissions: Any, transitions: Any, start: Any, end: Any, row: int, length: int, table: Any, best: Any
) -> bool:
    """The best score of a path up to each word that ends in each label; false of a NaN or a +inf."""
    words, labels = emissions.shape[1:]
    width, sound, arriving = best.shape[1], True, np.empty(best.shape[1])
    for i in range(length):
        for label in range(0, labels, 8):
            scores = load_word(emissions, row, i, length, start, end, label)
            sound &= not is_odd(scores)
            store(best, i * width + label, scores)
    for i in range(1, length):
        if transitions.ndim == 4:
            sound &= _load_table(transitions, (row * (words - 1) + i - 1) * labels * labels, labels, table)
        best_rows(table, 0, width, best, (i - 1) * width, 1, labels, arriving, 0)
        for label in range(0, labels, 8):
            store(best, i * width + label, load(best, i * width + label) + load(arriving, label))
    return sound


@njit(forceinline=True)
def _load_table(transitions: Any, at: int, labels: int, table: Any) -> bool:
    """Copy the scores `[from, to]` that lie flat from `at` on, -inf beside them; false of a NaN or a +inf."""
    width, sound = table.shape[1], True
    for a in range(labels):
        for b in range(0, labels, 8):
            scores = load_first(transitions, at + a * labels + b, labels - b, -np.inf)
            store(table, a * width + b, scores)
            sound &= not is_odd(scores)
    return sound


@njit(forceinline=True)
def _load_both(transitions: Any, labels: int, table: Any, into: Any) -> bool:
    """The one table, and again with `to` first."""
    sound = _load_table(transitions, 0, labels, table)
    for b in range(labels):
        for a in range(into.shape[1]):
            into[b, a] = table[a, b] if a < labels else -np.inf
    return sound


@njit(forceinline=True)
def _column(transitions: Any, row: int, i: int, label: int, into: Any) -> int:
    """Where in `into` the scores of the transitions from word `i` into a label of the next lie."""
    if transitions.ndim == 2:
        return label * into.shape[1]
    for a in range(into.shape[1]):
        into[0, a] = (
            transitions.reshape(-1, into.shape[0])[(row * transitions.shape[1] + i) * into.shape[0] + a, label]
            if a < into.shape[0]
            else -np.inf
        )
    return 0


@njit(forceinline=True)
def _highest_label(scores: Any, at: int, labels: int) -> tuple[int, float]:
    """The lowest label with the best score, and that score."""
    peaks = splat(-np.inf)
    for label in range(0, labels, 8):
        peaks = larger(load(scores, at + label), peaks)
    peak = highest(peaks)
    for label in range(0, labels, 8):
        lane = first_at_least(load(scores, at + label), peak)
        if lane < 8:
            return label + lane, peak
    return 0, peak


@njit(forceinline=True)
def _predecessor(best: Any, at: int, into: Any, place: int, labels: int) -> int:
    """The lowest label from which the best path comes."""
    peaks = splat(-np.inf)
    for label in range(0, labels, 8):
        peaks = larger(load(best, at + label) + load(into, place + label), peaks)
    peak = highest(peaks)
    for label in range(0, labels, 8):
        lane = first_at_least(load(best, at + label) + load(into, place + label), peak)
        if lane < 8:
            return label + lane
    return 0


@njit(forceinline=True)
def _word_score(emissions: Any, end: Any, row: int, i: int, length: int, label: int) -> float:
    """Score of a label at a word that is not the first."""
    score = np.float64(emissions[row, i, label])
    if i == length - 1 and end.shape[0]:
        score += end[min(row, end.shape[0] - 1), label]
    return score


@njit(forceinline=True)
def _rank(
    best: Any,
    i: int,
    column: Any,
    labels: int,
    ending: int,
    found: int,
    ranked: Any,
    behind: Any,
    kept: Any,
    onward: Any,
) -> int:
    """Insert an ending's continuations by the best path that each completes; return how many there are now, k at most.

    `column` has what comes behind each label. Of equals, what was there before stays before.
    """
    k = ranked.shape[0]
    for block in range(0, labels, 8):
        whole = load(best, i * best.shape[1] + block) + load(column, block)
        if found == k and at_least(whole, ranked[k - 1]) == 0:
            continue
        for label in range(block, min(block + 8, labels)):
            score = best[i, label] + column[label]
            if score == -np.inf or (found == k and score <= ranked[k - 1]):
                continue
            found = min(found + 1, k)
            rank = found - 1
            while rank > 0 and ranked[rank - 1] < score:
                ranked[rank], behind[rank] = ranked[rank - 1], behind[rank - 1]
                kept[rank], onward[rank] = kept[rank - 1], onward[rank - 1]
                rank -= 1
            ranked[rank], behind[rank], kept[rank], onward[rank] = score, column[label], label, ending
    return found


@njit(forceinline=True)
def _follow(kept: Any, onward: Any, length: int, count: int, paths: Any) -> None:
    """Write the paths that the endings make up, from the first word on."""
    for path in range(paths.shape[0]):
        ending = path
        for i in range(paths.shape[1]):
            if path < count and i < length:
                paths[path, i] = kept[i, ending]
                ending = onward[i, ending]
            else:
                paths[path, i] = -1
