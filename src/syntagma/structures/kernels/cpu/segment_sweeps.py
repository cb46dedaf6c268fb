"""Log-sums over flat segmentations and the probabilities of their parts, one sentence a work item (numba).

The specification is `reference.segment_sweeps`. Here every segment costs one exponential: the sweep from the end keeps
the probability of each width, given where a segment of some label begins, and the way back only multiplies.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.segment_lattice import (
    SegmentLattice,
    SegmentMarginals,
    reject_unusable_segments,
)

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# What sums to more has lost nothing: a term that underflowed is below 1e-300.
_FAINT = 1e-200


class ConditionalSuffixes(NamedTuple):
    """How rows may end: log-weights, and the probabilities of widths."""

    leaving: Tensor
    """`[batch, words, labels + 1]`"""
    after: Tensor
    """`[batch, words + 1, labels + 1]`, or `[batch, words + 1, 1]` where neighbours do not know each other."""
    shares: Tensor
    """`[batch, words, width, labels]`: probability of a width, given that a span of this label begins at this word."""
    log_weight: Tensor
    """`[batch]`, log Z."""


def sweep(lattice: SegmentLattice) -> ConditionalSuffixes:
    """From the end to the beginning."""
    batch, words, width, count = lattice.spans.shape
    leaving = torch.empty(batch, words, count + 1, dtype=torch.float64)
    after = leaving.new_zeros(batch, words + 1, 1 if lattice.transitions is None else count + 1)
    shares = leaving.new_zeros(batch, words, width, count)
    log_weight = leaving.new_empty(batch)
    scores = arrays(lattice)
    found = [part.numpy() for part in (leaving, after, shares, log_weight)]
    over_rows(lambda first, last: _sweep(first, last, *scores, *_lift(scores[2]), *found), batch, lattice.work)
    reject_unusable_segments(lattice, log_weight)
    return ConditionalSuffixes(leaving, after, shares, log_weight)


def marginals(lattice: SegmentLattice, suffixes: ConditionalSuffixes) -> SegmentMarginals:
    """Probabilities of all parts, from the beginning to the end."""
    batch, words, _ = suffixes.leaving.shape
    transitions = arrays(lattice)[2]
    lifted, top = _lift(transitions)
    spans, outside = torch.zeros_like(suffixes.shares), suffixes.leaving.new_zeros(batch, words)
    pairs = outside.new_zeros(batch, words - 1, len(transitions), len(transitions))
    known = [part.numpy() for part in suffixes]
    found = [part.numpy() for part in (spans, outside, pairs)]
    lengths = lattice.lengths.numpy()
    over_rows(
        lambda first, last: _marginals(first, last, transitions, lengths, lifted, top, *known, *found),
        batch,
        lattice.work / 8,
    )
    return SegmentMarginals(spans, outside, None if lattice.transitions is None else pairs)


def _lift(transitions: Array) -> tuple[Array, float]:
    """The exponentials of the transitions, the largest taken out; NaN or +inf where it is no number."""
    top = float(transitions.max(initial=-np.inf))
    top = 0.0 if top == -np.inf else top
    return np.exp(transitions - top) if top < np.inf else transitions, top


def arrays(lattice: SegmentLattice) -> tuple[Array, Array, Array, Integers]:
    """The scores as the compiled functions read them: spans in float32 or float64, the rest in float64.

    Without transitions, a table without labels.
    """
    spans = lattice.spans if lattice.spans.dtype in (torch.float32, torch.float64) else lattice.spans.float()
    outside = torch.zeros(spans.shape[:2]) if lattice.outside is None else lattice.outside
    transitions = torch.zeros(0, 0) if lattice.transitions is None else lattice.transitions
    wide = (part.double().contiguous().numpy() for part in (outside, transitions))
    return spans.contiguous().numpy(), *wide, lattice.lengths.numpy()  # type: ignore[return-value]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sweep(
    first: int,
    last: int,
    spans: Array,
    outside: Array,
    transitions: Array,
    lengths: Integers,
    lifted: Array,
    top: float,
    leaving: Array,
    after: Array,
    shares: Array,
    log_weight: Array,
) -> None:
    count = spans.shape[3]
    for row in range(first, last):
        length = lengths[row]
        odd = length > 1 and not top < np.inf
        for i in range(spans.shape[1] - 1, -1, -1):
            if i >= length:
                leaving[row, i] = -np.inf
                continue
            odd |= _widths(spans[row, i], after[row], i, length, shares[row, i], leaving[row, i])
            begun = leaving[row, i]
            begun[count] = outside[row, i] + after[row, i + 1, -1]
            odd |= not begun[count] < np.inf
            if len(transitions) == 0:
                after[row, i, 0] = _log_sum(begun)
            elif i > 0:
                _follow(transitions, lifted, top, begun, after[row, i])
        log_weight[row] = np.nan if odd else _log_sum(leaving[row, 0])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _widths(scores: Array, after: Array, i: int, length: int, shares: Array, leaving: Array) -> bool:
    """Shares of the widths of a span at word i, and the log-sum over them; whether some score is NaN or +inf."""
    odd, widths = False, min(len(scores), length - i)
    for b in range(scores.shape[1]):
        behind, peak, total = b if after.shape[1] > 1 else 0, -np.inf, 0.0
        for w in range(widths):
            score = scores[w, b] + after[i + 1 + w, behind]
            odd |= not score < np.inf
            shares[w, b] = score
            peak = max(peak, score)
        leaving[b] = peak
        if peak == -np.inf:
            shares[:widths, b] = 0.0
            continue
        for w in range(widths):
            shares[w, b] = math.exp(shares[w, b] - peak)
            total += shares[w, b]
        leaving[b] += math.log(total)
        for w in range(widths):
            shares[w, b] /= total
    return odd


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _follow(transitions: Array, lifted: Array, top: float, leaving: Array, after: Array) -> None:
    """What follows a segment of each label: a product with the lifted transitions, or where that is faint, exactly."""
    peak, weights = -np.inf, np.empty(len(leaving))
    for b in range(len(leaving)):
        peak = max(peak, leaving[b])
    for b in range(len(leaving)):
        weights[b] = math.exp(leaving[b] - peak) if peak > -np.inf else 0.0
    for a in range(len(after)):
        total = 0.0
        for b in range(len(leaving)):
            total += lifted[a, b] * weights[b]
        after[a] = math.log(total) + peak + top if total > _FAINT else _log_sum(transitions[a] + leaving)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _log_sum(numbers: Array) -> float:
    peak, total = -np.inf, 0.0
    for i in range(len(numbers)):  # not .max(), which is slow on a few numbers
        peak = max(peak, numbers[i])
    if peak == -np.inf:
        return peak
    for i in range(len(numbers)):
        total += math.exp(numbers[i] - peak)
    return peak + math.log(total)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _marginals(
    first: int,
    last: int,
    transitions: Array,
    lengths: Integers,
    lifted: Array,
    top: float,
    leaving: Array,
    after: Array,
    shares: Array,
    log_weight: Array,
    spans: Array,
    outside: Array,
    pairs: Array,
) -> None:
    words, width, count = spans.shape[1:]
    begun, ended = np.empty(count + 1), np.empty((words + 1, count + 1))
    for row in range(first, last):
        ended[:] = 0.0
        for b in range(count + 1):
            begun[b] = math.exp(leaving[row, 0, b] - log_weight[row])
        for i in range(lengths[row]):
            if i > 0 and len(transitions) > 0:
                _meet(transitions, lifted, top, leaving[row, i], after[row, i], ended[i], pairs[row, i - 1], begun)
            elif i > 0:
                come = ended[i].sum()
                for b in range(count + 1):
                    begun[b] = come * math.exp(leaving[row, i, b] - after[row, i, 0]) if come > 0.0 else 0.0
            outside[row, i] = begun[count]
            ended[i + 1, count] += begun[count]
            for w in range(min(width, lengths[row] - i)):
                for b in range(count):
                    p = begun[b] * shares[row, i, w, b]
                    spans[row, i, w, b] = p
                    ended[i + 1 + w, b] += p


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    transitions: Array,
    lifted: Array,
    top: float,
    leaving: Array,
    after: Array,
    ended: Array,
    pairs: Array,
    begun: Array,
) -> None:
    """Probabilities of two labels that meet, and of the second; exactly where a product would be faint."""
    peak, weights = -np.inf, np.empty(len(leaving))
    begun[:] = 0.0
    for b in range(len(leaving)):
        peak = max(peak, leaving[b])
    for b in range(len(leaving)):
        weights[b] = math.exp(leaving[b] - peak)
    for a in range(len(ended)):
        if not ended[a] > 0.0:
            continue
        faint = not math.exp(after[a] - peak - top) > _FAINT
        scale = 0.0 if faint else ended[a] * math.exp(peak + top - after[a])
        for b in range(len(begun)):
            if faint:
                pairs[a, b] = ended[a] * math.exp(transitions[a, b] + leaving[b] - after[a])
            else:
                pairs[a, b] = scale * (lifted[a, b] * weights[b])
            begun[b] += pairs[a, b]
