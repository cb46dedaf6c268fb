"""Flat segmentations in plain torch: sweeps in log space, in float64, over all rows, widths and labels at once.

An uncovered word is a segment of one word with a label of its own, so with scores S of segments, X of neighbours, and
`total` a log-sum (or a maximum),

    leaving_i[b]  = total over w of S_i[w, b] + after_{i+1+w}[b]     what begins at word i with a segment of label b
    after_i[a]    = total over b of X[a, b] + leaving_i[b]           what follows a segment of label a; 0 at the end
    arriving_i[b] = total over a of before_i[a] + X[a, b]            what comes before a segment of label b; 0 at first
    before_m[b]   = total over w of arriving_{m-1-w}[b] + S_{m-1-w}[w, b]

    log Z = total over b of leaving_0[b]
    p(segment i, w, b)              = exp(arriving_i[b] + S_i[w, b] + after_{i+1+w}[b] - log Z)
    p(a ends before i, b begins it) = exp(before_i[a] + X[a, b] + leaving_i[b] - log Z)

(Structural knowledge distillation, arXiv 2010.05010, case 4; semi-Markov conditional random fields.)
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.structures.kernels.segment_lattice import (
    SegmentLattice,
    SegmentMarginals,
    Suffixes,
    reject_unusable_segments,
)

Total = Callable[[Tensor, int], Tensor]


@torch.no_grad()
def sweep(lattice: SegmentLattice) -> Suffixes:
    """The sweep from the end to the beginning; its `log_weight` is log Z.

    Raises:
        StructureError: a row has no segmentation, a NaN or a +inf.
    """
    return sweep_back(lattice, fold(lattice), torch.logsumexp)


def sweep_back(lattice: SegmentLattice, scores: Tensor, total: Total) -> Suffixes:
    """`sweep` for any `total(numbers, dim)`, over the folded `scores`."""
    batch, words, width, labels = scores.shape
    transitions = _table(lattice, scores)
    after = scores.new_zeros(batch, words + width, labels if transitions is not None else 1)
    leaving = torch.empty_like(scores[:, :, 0])
    for i in range(words - 1, -1, -1):
        leaving[:, i] = begun = total(scores[:, i] + after[:, i + 1 : i + 1 + width], 1)
        follows = begun.unsqueeze(1) if transitions is None else begun.unsqueeze(1) + transitions
        after[:, i] = torch.where(lattice.own[:, i, None], total(follows, 2), 0.0)
    log_weight = total(leaving[:, 0], 1)
    reject_unusable_segments(lattice, log_weight)
    return Suffixes(leaving, after, log_weight)


@torch.no_grad()
def marginals(lattice: SegmentLattice, suffixes: Suffixes) -> SegmentMarginals:
    """Probabilities of all parts, by a sweep from the beginning to the end."""
    scores, log_z = fold(lattice), suffixes.log_weight
    words, width, count = scores.shape[1:]
    arriving, before = _prefixes(scores, _table(lattice, scores))
    after = suffixes.after[:, 1:].unfold(1, width, 1)[:, :words].transpose(2, 3)
    segments = (arriving.unsqueeze(2) + scores + after - log_z.view(-1, 1, 1, 1)).exp()
    spans, outside = segments[..., : count - 1], segments[:, :, 0, count - 1]
    if lattice.transitions is None:
        return SegmentMarginals(spans, outside, None)
    between = before[:, 1:words].unsqueeze(-1) + _table(lattice, scores) + suffixes.leaving[:, 1:].unsqueeze(-2)
    return SegmentMarginals(spans, outside, (between - log_z.view(-1, 1, 1, 1)).exp())


def _prefixes(scores: Tensor, transitions: Tensor | None) -> tuple[Tensor, Tensor]:
    """`arriving [batch, words, labels + 1 or 1]` and `before [batch, words + width, labels + 1]`."""
    batch, words, width, labels = scores.shape
    arriving = scores.new_zeros(batch, words, labels if transitions is not None else 1)
    before = scores.new_full((batch, words + width, labels), -torch.inf)
    for i in range(words):
        if i:
            come = before[:, i].unsqueeze(-1)
            arriving[:, i] = (come if transitions is None else come + transitions).logsumexp(1)
        ends = before[:, i + 1 : i + 1 + width]
        torch.logaddexp(ends, arriving[:, i].unsqueeze(1) + scores[:, i], out=ends)
    return arriving, before


def fold(lattice: SegmentLattice) -> Tensor:
    """Scores of all segments `[batch, words, width, labels + 1]` in float64, -inf where one passes the row's end."""
    batch, words, width, labels = lattice.spans.shape
    precision = torch.float32 if lattice.spans.device.type == "mps" else torch.float64
    folded = lattice.spans.new_full((batch, words, width, labels + 1), -torch.inf, dtype=precision)
    folded[..., :labels] = lattice.spans.where(lattice.inside.unsqueeze(-1), -torch.inf)
    outside = torch.zeros_like(folded[:, :, 0, 0]) if lattice.outside is None else lattice.outside.to(precision)
    folded[:, :, 0, labels] = outside.where(lattice.own, -torch.inf)
    return folded


def _table(lattice: SegmentLattice, scores: Tensor) -> Tensor | None:
    return None if lattice.transitions is None else lattice.transitions.to(scores.dtype)
