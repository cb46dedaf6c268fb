"""Scores as numbers of probability space: the largest taken out, so that they are from 0 to 1, and padded with 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from syntagma.structures.kernels.cpu.lanes import exponential, highest, larger, load, load_first, splat, store


@njit(forceinline=True)
def load_word(emissions: Any, row: int, i: int, length: int, start: Any, end: Any, label: int) -> Any:
    """Scores of eight labels of a word from `label` on, start and end included, -inf beyond the last label.

    `emissions [batch, words, labels]`; `start` and `end` have no row, one for all, or one each.
    """
    words, labels = emissions.shape[1:]
    left = labels - label
    scores = load_first(emissions, (row * words + i) * labels + label, left, -np.inf)
    if i == 0 and start.shape[0]:
        scores = scores + load_first(start, min(row, start.shape[0] - 1) * labels + label, left, 0.0)
    if i == length - 1 and end.shape[0]:
        scores = scores + load_first(end, min(row, end.shape[0] - 1) * labels + label, left, 0.0)
    return scores


@njit(forceinline=True)
def lift_word(emissions: Any, row: int, i: int, length: int, start: Any, end: Any, lifted: Any, at: int) -> float:
    """Write `exp(scores - peak)` of a word to `lifted`, laid flat, from `at` on, and return the peak."""
    labels = emissions.shape[2]
    peaks = splat(-np.inf)
    for label in range(0, labels, 8):
        scores = load_word(emissions, row, i, length, start, end, label)
        store(lifted, at + label, scores)
        peaks = larger(scores, peaks)
    return lift(lifted, at, labels, highest(peaks))


@njit(forceinline=True)
def lift(scores: Any, at: int, labels: int, peak: float) -> float:
    """Turn scores into `exp(score - peak)` where they are; return the peak, or 0 where all are -inf."""
    if peak == -np.inf:
        peak = 0.0
    for label in range(0, labels, 8):
        store(scores, at + label, exponential(load(scores, at + label) - splat(peak)))
    return peak


@njit(forceinline=True)
def lift_table(transitions: Any, at: int, labels: int, table: Any) -> float:
    """Write `exp(scores - peak)` of the transitions `[from, to]` that lie flat from `at` on; return the peak."""
    width = table.shape[1]
    peaks = splat(-np.inf)
    for a in range(labels):
        for b in range(0, labels, 8):
            scores = load_first(transitions, at + a * labels + b, labels - b, -np.inf)
            store(table, a * width + b, scores)
            peaks = larger(scores, peaks)
    peak = highest(peaks)
    if peak == -np.inf:
        peak = 0.0
    for a in range(labels):
        lift(table, a * width, labels, peak)
    return peak
