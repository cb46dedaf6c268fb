"""A target that is partly marginals and partly a known output: what a teacher says, and what is right."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from syntagma.structures.arc_graph import ArcGraph
from syntagma.structures.parts import ArcParts, ChainParts, LabelParts, Parts, SpanParts, own_words
from syntagma.structures.structure import Structure


def mix(parts: Parts, outputs: Tensor, share: float, dist: Structure[Any]) -> Parts:
    """`share * parts + (1 - share) *` the parts of one known output a row of `dist`; `[batch, ...]` as the parts.

    A cross-entropy is linear in its target, so that from this one is exactly `share` times that from the parts and `1 -
    share` times the negative log-likelihood of the outputs, for the price of one log Z.

    Args:
        parts: of `dist`'s own kind.
        outputs: as `dist.log_prob` takes them, one a row; padding is not read.
        share: of the parts, 0 to 1.
        dist: what the target will be compared with.
    """
    rest = 1 - share
    own = own_words(outputs.shape[1], dist.lengths, outputs)
    match parts:
        case LabelParts(emissions):
            return LabelParts(_with(share * emissions, own, (outputs,), rest))
        case ChainParts():
            return _chain(parts, outputs, share, own)
        case ArcParts(arcs, relations) if isinstance(dist, ArcGraph):  # outputs have a number for every arc
            arcs = share * arcs + rest * _arcs_of(outputs, own).to(arcs.dtype)
            labelled = None if relations is None else _with(share * relations, _arcs_of(outputs, own), (outputs,), rest)
            return ArcParts(arcs, labelled)
        case ArcParts(arcs, None):
            return ArcParts(_with(share * arcs, own, (outputs,), rest))
        case ArcParts(arcs, relations):
            assert relations is not None
            heads, labels = outputs.unbind(-1)
            return ArcParts(
                _with(share * arcs, own, (heads,), rest), _with(share * relations, own, (heads, labels), rest)
            )
        case SpanParts():
            return _segments(parts, outputs, share, own)


def _with(numbers: Tensor, there: Tensor, choices: tuple[Tensor, ...], rest: float) -> Tensor:
    """`numbers` with `rest` more, in place, at the chosen indices of the last axes wherever something is `there`."""
    places = there.nonzero(as_tuple=True)
    return numbers.index_put_((*places, *(choice[places] for choice in choices)), numbers.new_tensor(rest), True)


def _chain(parts: ChainParts, labels: Tensor, share: float, own: Tensor) -> ChainParts:
    first = torch.zeros_like(labels[:, :1])
    last = own.sum(1, keepdim=True) - 1
    row = own[:, 0]
    return ChainParts(
        _with(share * parts.emissions, own, (labels,), 1 - share),
        _with(share * parts.transitions, own[:, 1:], (labels[:, :-1], labels[:, 1:]), 1 - share),
        _with(share * parts.start, row, (labels.gather(1, first).squeeze(1),), 1 - share),
        _with(share * parts.end, row, (labels.gather(1, last).squeeze(1),), 1 - share),
    )


def _arcs_of(graphs: Tensor, own: Tensor) -> Tensor:
    """Where `graphs [batch, words, 1 + words]` of True or of relations have an arc between two of a row's own words."""
    heads = torch.cat([own.new_ones(len(own), 1), own], 1)
    there = graphs if graphs.dtype == torch.bool else graphs >= 0
    return there & own.unsqueeze(2) & heads.unsqueeze(1)


def _segments(parts: SpanParts, outputs: Tensor, share: float, own: Tensor) -> SpanParts:
    rest = 1 - share
    sizes, labels = outputs.unbind(-1)
    sizes = sizes.where(own, 0).clamp(min=0)
    places = torch.arange(sizes.shape[1], device=sizes.device)
    ends = places + sizes.clamp(min=1)
    begins = sizes > 0
    covered = torch.zeros_like(ends)  # up to where the spans before each word reach
    covered[:, 1:] = torch.where(begins, ends, 0).cummax(1).values[:, :-1]
    outside = own & ~begins & (covered <= places)
    transitions = parts.transitions
    if transitions is not None:
        kinds = labels.where(begins, transitions.shape[-1] - 1)  # an uncovered word is a segment with the last label
        after = kinds.gather(1, ends.clamp(max=sizes.shape[1] - 1))
        row, at = ((begins | outside) & (ends < own.sum(1, keepdim=True))).nonzero(as_tuple=True)
        pairs = (row, kinds[row, at], after[row, at])
        transitions = (share * transitions).index_put_(pairs, transitions.new_tensor(rest), True)
    spans = _with(share * parts.spans, begins, (sizes - 1, labels), rest)
    return SpanParts(spans, share * parts.outside + rest * outside.to(parts.outside.dtype), transitions)
