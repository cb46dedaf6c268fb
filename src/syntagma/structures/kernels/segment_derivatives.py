"""Derivatives of a segmentation's log-partition function: the first is the marginals, the second their covariance."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import SegmentKernel, Suffixes
from syntagma.structures.kernels.segment_lattice import SegmentLattice, SegmentMarginals

# In each function the three scores come first, as they were given; the last two may be None.


class SegmentSweep:
    """What a kernel finds about a lattice without history, when something first asks for it."""

    def __init__(self, lattice: SegmentLattice, kernel: SegmentKernel) -> None:
        self.lattice, self.kernel = lattice, kernel

    @cached_property
    def suffixes(self) -> Suffixes:
        """Backward sweep.

        Raises:
            StructureError: a row has no segmentation, a NaN or a +inf.
        """
        return self.kernel.sweep(self.lattice)

    @cached_property
    def marginals(self) -> SegmentMarginals:
        """Probabilities of all parts."""
        return self.kernel.marginals(self.lattice, self.suffixes)


def log_partition(lattice: SegmentLattice, sweep: SegmentSweep) -> Tensor:
    """`[batch]` in float64, differentiable in the lattice's scores; `sweep` is over the same."""
    result: Tensor = _LogPartition.apply(*lattice.scores, sweep)  # type: ignore[no-untyped-call]
    return result


def marginals(lattice: SegmentLattice, sweep: SegmentSweep) -> SegmentMarginals:
    """Probabilities of all parts, differentiable likewise."""
    return SegmentMarginals(*_Marginals.apply(*lattice.scores, sweep))  # type: ignore[no-untyped-call]


class _LogPartition(torch.autograd.Function):
    """Gradient: the marginals."""

    @staticmethod
    def forward(
        ctx: Any, spans: Tensor, outside: Tensor | None, transitions: Tensor | None, sweep: SegmentSweep
    ) -> Tensor:
        ctx.save_for_backward(spans, outside, transitions)
        ctx.sweep = sweep
        return sweep.suffixes.log_weight

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scores = ctx.saved_tensors
        if torch.is_grad_enabled():  # someone will differentiate this gradient
            spans, outside, transitions = scores
            parts = marginals(SegmentLattice(spans, outside, transitions, ctx.sweep.lattice.lengths), ctx.sweep)
        else:
            parts = ctx.sweep.marginals
        weighted = (None if part is None else part * gradient.view(-1, *[1] * (part.dim() - 1)) for part in parts)
        return *_by_scores(SegmentMarginals(*weighted), scores), None  # type: ignore[arg-type]


class _Marginals(torch.autograd.Function):
    """Gradient: the covariance of the parts times the incoming one, which needs nothing but the marginals themselves.

    Written in torch operations on its own outputs, so that it can be differentiated again, at the price of a graph.
    """

    @staticmethod
    def forward(
        ctx: Any, spans: Tensor, outside: Tensor | None, transitions: Tensor | None, sweep: SegmentSweep
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        found = sweep.marginals
        parts = found.spans.clone(), found.outside.clone(), None if found.pairs is None else found.pairs.clone()
        ctx.save_for_backward(spans, outside, transitions, *parts)
        return parts

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        scores, parts = ctx.saved_tensors[:3], SegmentMarginals(*ctx.saved_tensors[3:])
        return *_by_scores(covariance(parts, SegmentMarginals(*gradients)), scores), None  # type: ignore[arg-type]


def _by_scores(parts: SegmentMarginals, scores: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
    """A derivative by the parts as one by the scores: in their type, that of neighbours summed over rows and words."""
    spans, outside, transitions = scores
    assert spans is not None
    of_outside = None if outside is None else parts.outside.to(outside.dtype)
    of_pairs = None if transitions is None or parts.pairs is None else parts.pairs.sum((0, 1)).to(transitions.dtype)
    return parts.spans.to(spans.dtype), of_outside, of_pairs


def covariance(parts: SegmentMarginals, weights: SegmentMarginals) -> SegmentMarginals:
    """Covariance of every part with the sum `G` of the `weights` of a segmentation's parts.

    Given where a segment of some label begins, what comes before it and what comes after are independent. With

        ended_m[a]    = E(G of the segments up to word m        | one of label a ends there)
        begun_i[b]    = E(G of the segments from word i on      | one of label b begins there)
        arrived_i[b]  = E(G before word i, with the neighbours  | one of label b begins there)
        followed_m[a] = E(G after word m, with the neighbours   | one of label a ends there)

    each a recurrence over conditional probabilities, cov(part, G) = p(part) * (E(G | part) - E(G)).
    """
    p, g = _segments(parts), _segments(weights)
    starts, p_ended, g_ended = p.sum(2), _by_end(p), _by_end(g)
    ends = p_ended.sum(2)
    pairs, h = _pairs(parts, ends, starts), 0.0 if weights.pairs is None else weights.pairs
    given_next, given_previous = pairs / _known(starts[:, 1:]).unsqueeze(2), pairs / _known(ends[:, :-1]).unsqueeze(3)
    ended, arrived = _from_left(p_ended / _known(ends).unsqueeze(2), g_ended, given_next, (given_next * h).sum(2))
    begun, followed = _from_right(p / _known(starts).unsqueeze(2), g, given_previous, (given_previous * h).sum(3))
    mean = (starts[:, 0] * begun[:, 0]).sum(-1).view(-1, 1, 1, 1)
    width = p.shape[2]
    beyond = torch.cat([followed, torch.zeros_like(followed[:, :1]).expand(-1, width, -1)], 1)
    onward = beyond.unfold(1, width, 1)[:, : p.shape[1]].transpose(2, 3)  # after the word where the span ends
    of_segments = p * (arrived.unsqueeze(2) + g + onward - mean)
    of_pairs = None
    if parts.pairs is not None:
        of_pairs = pairs * (ended[:, :-1].unsqueeze(3) + h + begun[:, 1:].unsqueeze(2) - mean)
    return SegmentMarginals(of_segments[..., :-1], of_segments[:, :, 0, -1], of_pairs)


def _segments(parts: SegmentMarginals) -> Tensor:
    """Spans and, as a last label of one word, uncovered words: `[batch, words, width, labels + 1]`."""
    longer = torch.zeros_like(parts.spans[:, :, 1:, :1])
    uncovered = torch.cat([parts.outside.unsqueeze(2).unsqueeze(3), longer], 2)
    return torch.cat([parts.spans, uncovered], 3)


def _by_end(segments: Tensor) -> Tensor:
    """`[batch, words, width, labels]` by the word that a segment ends at in place of the one it begins at, else 0."""
    _, words, width, _ = segments.shape
    sizes = torch.arange(width, device=segments.device)
    first = torch.arange(words, device=segments.device).unsqueeze(1) - sizes
    return torch.where((first >= 0).unsqueeze(-1), segments[:, first.clamp(min=0), sizes], 0.0)


def _pairs(parts: SegmentMarginals, ends: Tensor, starts: Tensor) -> Tensor:
    """`[batch, words - 1, labels + 1, labels + 1]`; independent, given that a segment begins, without transitions."""
    if parts.pairs is not None:
        return parts.pairs
    share = ends[:, :-1] / _known(ends[:, :-1].sum(-1, keepdim=True))
    return share.unsqueeze(3) * starts[:, 1:].unsqueeze(2)


def _known(probabilities: Tensor) -> Tensor:
    return torch.where(probabilities > 0, probabilities, 1.0)


def _from_left(share: Tensor, g: Tensor, given_next: Tensor, of_pairs: Tensor) -> tuple[Tensor, Tensor]:
    """`ended` and `arrived`; `share` is the probability of a width, given the label and the end."""
    inner, width = (share * g).sum(2), share.shape[2]
    arrived, ended = [torch.zeros_like(inner[:, 0])], list[Tensor]()
    for m in range(inner.shape[1]):
        if m:
            come = (given_next[:, m - 1] * ended[-1].unsqueeze(2)).sum(1)
            arrived.append(of_pairs[:, m - 1] + come)
        window = torch.stack(arrived[: -width - 1 : -1], 1)  # of the starts m, m - 1, ...
        ended.append(inner[:, m] + (share[:, m, : window.shape[1]] * window).sum(1))
    return torch.stack(ended, 1), torch.stack(arrived, 1)


def _from_right(share: Tensor, g: Tensor, given_previous: Tensor, of_pairs: Tensor) -> tuple[Tensor, Tensor]:
    """`begun` and `followed`; `share` is the probability of a width, given the label and the start."""
    inner, width = (share * g).sum(2), share.shape[2]
    words = inner.shape[1]
    begun, followed = list[Tensor](), [torch.zeros_like(inner[:, 0])]  # the last word's first
    for i in range(words - 1, -1, -1):
        if i < words - 1:
            onward = (given_previous[:, i] * begun[-1].unsqueeze(1)).sum(2)
            followed.append(of_pairs[:, i] + onward)
        window = torch.stack(followed[: -width - 1 : -1], 1)  # of the ends i, i + 1, ...
        begun.append(inner[:, i] + (share[:, i, : window.shape[1]] * window).sum(1))
    return torch.stack(begun[::-1], 1), torch.stack(followed[::-1], 1)
