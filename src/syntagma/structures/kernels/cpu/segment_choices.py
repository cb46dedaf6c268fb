"""Single segmentations: the best, samples, the k best; one sentence a work item (numba).

The specification is `reference.segment_choices`, to the order of equals.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.segment_sweeps import ConditionalSuffixes, arrays
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.segment_lattice import SegmentLattice, reject_unusable_segments

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def best(lattice: SegmentLattice) -> tuple[Tensor, Tensor, Tensor]:
    """The best segmentation: sizes, labels, score."""
    sizes, labels, scores = k_best(lattice, 1)
    return sizes.squeeze(1), labels.squeeze(1), scores.squeeze(1)


def k_best(lattice: SegmentLattice, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k best segmentations: sizes, labels, scores."""
    batch, words = lattice.spans.shape[:2]
    sizes = torch.full((batch, k, words), -1)
    labels = torch.full_like(sizes, -1)
    scores = torch.full((batch, k), -torch.inf, dtype=torch.float64)
    given, found = arrays(lattice), [part.numpy() for part in (sizes, labels, scores)]
    over_rows(lambda first, last: _k_best(first, last, *given, *found), batch, lattice.spans.numel() * 2 * k)
    reject_unusable_segments(lattice, scores[:, 0])
    return sizes, labels, scores


def sample(
    lattice: SegmentLattice, suffixes: ConditionalSuffixes, n: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """`n` independent segmentations of every row: sizes and labels."""
    batch, words, count = suffixes.leaving.shape
    uniform = torch.rand(batch, n, words, 2, dtype=torch.float64, generator=generator)
    sizes = torch.full((batch, n, words), -1)
    labels = torch.full_like(sizes, -1)
    transitions, lengths = arrays(lattice)[2:]
    known = [part.numpy() for part in (suffixes.leaving, suffixes.shares, uniform)]
    found = [part.numpy() for part in (sizes, labels)]
    over_rows(
        lambda first, last: _sample(first, last, transitions, lengths, *known, *found), batch, uniform.numel() * count
    )
    return sizes, labels


@numba.njit(cache=True, nogil=True)
def _k_best(
    first: int,
    last: int,
    spans: Array,
    outside: Array,
    transitions: Array,
    lengths: Integers,
    sizes: Integers,
    labels: Integers,
    scores: Array,
) -> None:
    words, _, count = spans.shape[1:]
    k, lists = scores.shape[1], max(1, len(transitions))
    after = np.empty((words + 1, lists, k))
    leaving = np.empty((count + 1, k))
    by_width = np.empty((words, count + 1, k), np.int64)  # width and rank behind it, of each ranked choice of a label
    by_label = np.empty((words, lists, k), np.int64)  # label and rank behind it, given the label before
    for row in range(first, last):
        length, odd = lengths[row], False
        after[length], after[length, :, 0] = -np.inf, 0.0
        for i in range(length - 1, -1, -1):
            odd |= _begin(spans[row, i], outside[row, i], after, i, length, leaving, by_width[i])
            odd |= _rank_labels(transitions, leaving, i > 0, after[i], by_label[i])
        scores[row] = after[0, 0]
        if odd:
            scores[row] = np.nan
        else:
            _read(by_width, by_label, scores[row], length, sizes[row], labels[row])


@numba.njit(cache=True, nogil=True)
def _begin(spans: Array, outside: float, after: Array, i: int, length: int, leaving: Array, origins: Integers) -> bool:
    """The k best ways to begin at word i with each label; whether some score is NaN or +inf."""
    width, count, odd = spans.shape[0], spans.shape[1], False
    leaving[:], origins[:] = -np.inf, 0
    for b in range(count + 1):
        for w in range(min(width, length - i) if b < count else 1):
            score = spans[w, b] if b < count else outside
            odd |= not score < np.inf
            follows = after[i + 1 + w, b if after.shape[1] > 1 else 0]
            _insert(score, follows, w, leaving[b], origins[b])
    return odd


@numba.njit(cache=True, nogil=True)
def _rank_labels(transitions: Array, leaving: Array, behind: bool, after: Array, origins: Integers) -> bool:
    """The k best ways to follow each label; whether some transition is NaN or +inf."""
    after[:], origins[:], odd = -np.inf, 0, False
    known = behind and len(transitions) > 0
    for a in range(len(after) if known else 1):
        for b in range(len(leaving)):
            score = transitions[a, b] if known else 0.0
            odd |= not score < np.inf
            _insert(score, leaving[b], b, after[a], origins[a])
    return odd


@numba.njit(cache=True, nogil=True)
def _insert(score: float, follows: Array, choice: int, ranked: Array, origins: Integers) -> None:
    """Take `score` with each of what follows, ranked as well, into the k best; behind its equals."""
    k = len(ranked)
    for rank in range(k):
        total = score + follows[rank]
        if not total > ranked[k - 1]:
            break
        place = k - 1
        while place > 0 and total > ranked[place - 1]:
            ranked[place], origins[place] = ranked[place - 1], origins[place - 1]
            place -= 1
        ranked[place], origins[place] = total, choice * k + rank


@numba.njit(cache=True, nogil=True)
def _read(
    by_width: Integers, by_label: Integers, scores: Array, length: int, sizes: Integers, labels: Integers
) -> None:
    """Follow the origins of each of the k best from the left."""
    k, unnamed = len(scores), by_width.shape[1] - 1
    for best in range(k):
        if scores[best] == -np.inf:
            break
        i, before, rank = 0, 0, best
        while i < length:
            label, rank = divmod(by_label[i, before, rank], k)
            width, rank = divmod(by_width[i, label, rank], k)
            sizes[best, i : i + 1 + width] = 0
            if label < unnamed:
                sizes[best, i], labels[best, i] = 1 + width, label
            before = label if by_label.shape[1] > 1 else 0
            i += 1 + width


@numba.njit(cache=True, nogil=True)
def _sample(
    first: int,
    last: int,
    transitions: Array,
    lengths: Integers,
    leaving: Array,
    shares: Array,
    uniform: Array,
    sizes: Integers,
    labels: Integers,
) -> None:
    unnamed = leaving.shape[2] - 1
    weights = np.empty(unnamed + 1)
    for row in range(first, last):
        for draw in range(sizes.shape[1]):
            i, before = 0, -1
            while i < lengths[row]:
                for b in range(unnamed + 1):
                    score = transitions[before, b] if before >= 0 and len(transitions) > 0 else 0.0
                    weights[b] = score + leaving[row, i, b]
                peak = weights.max()
                for b in range(unnamed + 1):
                    weights[b] = math.exp(weights[b] - peak)
                before = _pick(weights, uniform[row, draw, i, 0])
                size = 1
                if before < unnamed:
                    longest = min(shares.shape[2], lengths[row] - i)
                    size += _pick(shares[row, i, :longest, before], uniform[row, draw, i, 1])
                    labels[row, draw, i] = before
                sizes[row, draw, i : i + size] = 0
                sizes[row, draw, i] = size if before < unnamed else 0
                i += size


@numba.njit(cache=True, nogil=True)
def _pick(weights: Array, uniform: float) -> int:
    """A choice in proportion to its weight, by a number from 0 to below 1; never one without weight."""
    left, possible = uniform * weights.sum(), 0
    for choice in range(len(weights)):
        if weights[choice] > 0.0:
            possible = choice
            left -= weights[choice]
            if left < 0.0:
                break
    return possible
