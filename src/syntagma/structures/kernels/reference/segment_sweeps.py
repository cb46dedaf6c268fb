"""Flat segmentations in plain torch, in float64, over all rows, widths and labels at once.

An uncovered word is a segment of one word with a label of its own, so with scores S of segments, X of neighbours, and
`total` a log-sum (or a maximum), from the end to the beginning,

    leaving_i[b] = total over w of S_i[w, b] + after_{i+1+w}[b]     what begins at word i with a segment of label b
    after_i[a]   = total over b of X[a, b] + leaving_i[b]           what follows a segment of label a; 0 at the end
    log Z        = total over b of leaving_0[b]

and back, in probabilities, which need no scaling because each is a product of conditional ones,

    p(b begins at word 0)        = exp(leaving_0[b] - log Z)
    p(b begins at i, 1+w words)  = p(b begins at i) exp(S_i[w, b] + after_{i+1+w}[b] - leaving_i[b])
    p(a ends before i, b begins) = p(a ends before i) exp(X[a, b] + leaving_i[b] - after_i[a])

(Structural knowledge distillation, arXiv 2010.05010, case 4; semi-Markov conditional random fields.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.structures.kernels.segment_lattice import (
    SegmentLattice,
    SegmentMarginals,
    reject_unusable_segments,
)

Total = Callable[[Tensor, int], Tensor]


class Suffixes(NamedTuple):
    """Log-weights, or best scores, of how rows may end, in float64; -inf where nothing is possible."""

    leaving: Tensor
    """`[batch, words, labels + 1]`: from this word on, where a segment of this label begins at it."""
    after: Tensor
    """`[batch, words + width, labels + 1]`: from this word on, after a segment of this label; 0 from the row's end on.
    `[batch, words + width, 1]` where neighbours do not know each other."""
    log_weight: Tensor
    """`[batch]`, of whole rows."""


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
    transitions = None if lattice.transitions is None else lattice.transitions.to(scores.dtype)
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
    """Probabilities of all parts, from the beginning to the end."""
    scores, transitions = fold(lattice), lattice.transitions
    _, words, width, count = scores.shape
    leaving, after = suffixes.leaving, suffixes.after
    behind = after[:, 1:].unfold(1, width, 1)[:, :words].transpose(2, 3)
    widths = (scores + behind - _finite(leaving).unsqueeze(2)).exp()
    follows = leaving.unsqueeze(2) if transitions is None else leaving.unsqueeze(2) + transitions.to(scores.dtype)
    nexts = (follows - _finite(after[:, :words]).unsqueeze(3)).exp()
    begun = (leaving[:, 0] - suffixes.log_weight.unsqueeze(1)).exp()
    ended = scores.new_zeros(len(scores), words + width, count)  # before each word
    pairs = torch.zeros_like(nexts)
    for i in range(words):
        if i:
            come = ended[:, i].sum(1, keepdim=True) if transitions is None else ended[:, i]
            pairs[:, i] = come.unsqueeze(2) * nexts[:, i]
            begun = pairs[:, i].sum(1)
        widths[:, i] *= begun.unsqueeze(1)
        ended[:, i + 1 : i + 1 + width] += widths[:, i]
    spans, outside = widths[..., : count - 1], widths[:, :, 0, count - 1]
    return SegmentMarginals(spans, outside, None if transitions is None else pairs[:, 1:])


def _finite(log_weights: Tensor) -> Tensor:
    """0 in place of -inf: what is impossible has no conditional probabilities, and none are asked for."""
    return log_weights.where(log_weights > -torch.inf, 0.0)


def fold(lattice: SegmentLattice) -> Tensor:
    """Scores of all segments `[batch, words, width, labels + 1]` in float64, -inf where one passes the row's end."""
    batch, words, width, labels = lattice.spans.shape
    precision = torch.float32 if lattice.spans.device.type == "mps" else torch.float64
    folded = lattice.spans.new_full((batch, words, width, labels + 1), -torch.inf, dtype=precision)
    folded[..., :labels] = lattice.spans.where(lattice.inside.unsqueeze(-1), -torch.inf)
    outside = torch.zeros_like(folded[:, :, 0, 0]) if lattice.outside is None else lattice.outside.to(precision)
    folded[:, :, 0, labels] = outside.where(lattice.own, -torch.inf)
    return folded
