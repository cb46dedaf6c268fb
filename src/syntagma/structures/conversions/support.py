"""A target kept to what a structure allows: mass on what it forbids is taken away, and what is left normalised."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from syntagma.structures.arc_graph import ArcGraph
from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.chain import LinearChain
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.parts import ArcParts, ChainParts, LabelParts, Parts, SpanParts, own_words
from syntagma.structures.segments import Segments
from syntagma.structures.structure import Structure


class Restricted(NamedTuple):
    """What is left of a target, and how much was lost."""

    parts: Parts
    lost: Tensor
    """`[batch]`: the share of its mass that was on what is forbidden: of labels and arcs, the mean over the words of a
    row; of chains, the probability of all forbidden sequences."""


def restrict(parts: Parts, dist: Structure[Any]) -> Restricted:
    """The target's parts of `dist`'s own kind, given that what has a score of -inf in `dist` does not happen.

    Without this a single forbidden part of any weight makes the cross-entropy infinite.

    - Labels and heads: each word's table normalised again. Where nothing is left of a word, all that it may have is
      equally likely. (Case 1b: relative heads that were never seen, arXiv 2010.05010.)
    - Chains: conditioned exactly; the result is again the marginals of one chain. (Case 3, with constraints.)
    - Spans: those that are too wide or forbidden are erased, so their words are uncovered.
    - Graphs: the arcs are taken out.

    Relations that `dist` does not know are left out.
    """
    match parts, dist:
        case LabelParts(emissions), IndependentLabels():
            kept, lost = _by_word(emissions, dist.emissions > -torch.inf, dist.lengths)
            return Restricted(LabelParts(kept), lost)
        case ChainParts(), LinearChain():
            return _chain(parts, dist)
        case ArcParts(), ArcGraph():
            return _graph(parts, dist)
        case ArcParts(), ArcStructure():
            return _heads(parts, dist)
        case SpanParts(), Segments():
            return _spans(parts, dist)
    raise TypeError(f"{type(parts).__name__} are not the parts of {type(dist).__name__}")


def _by_word(tables: Tensor, allowed: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """Of `tables [batch, words, ...]` those of each word normalised; and the mean mass `[batch]` that each lost."""
    valid = own_words(tables.shape[1], lengths, tables)
    kept, allowed = tables.where(allowed, 0.0).flatten(2), allowed.flatten(2)
    mass, before = kept.sum(-1), tables.flatten(2).sum(-1)
    lost = (before - mass).clamp(min=0).where(valid, 0.0)
    if not bool(lost.any()):
        return tables, lost.sum(1)
    uniform = allowed.to(kept.dtype) / allowed.sum(-1, keepdim=True).clamp(min=1)
    normal = kept * (before / mass.where(mass > 0, 1.0)).unsqueeze(-1)
    normal = normal.where((mass > 0).unsqueeze(-1), uniform).where(valid.unsqueeze(-1), 0.0)
    return normal.view_as(tables), lost.sum(1) / valid.sum(1)


def _chain(parts: ChainParts, dist: LinearChain) -> Restricted:
    own = own_words(dist.emissions.shape[1], dist.lengths, dist.emissions)
    forbidden = [
        scores is not None and bool((weights.where(scores.detach() == -torch.inf, 0.0) > 0).any())
        for weights, scores in zip(parts, (dist.emissions, dist.transitions, dist.start, dist.end), strict=True)
    ]
    if not any(forbidden):
        return Restricted(parts, parts.start.new_zeros(len(own)))
    chain = _markov(parts, dist)
    return Restricted(chain.expected_parts(), -torch.expm1(chain.log_partition()).clamp(max=0))


def _markov(parts: ChainParts, dist: LinearChain) -> LinearChain:
    """The chain p(y1) prod p(y' | y) that has these marginals, with -inf where `dist` has it; Z is what is left."""
    before = parts.emissions[:, :-1].unsqueeze(-1)
    steps = (parts.transitions / before.where(before > 0, 1.0)).log()

    def masked(scores: Tensor, like: Tensor | None) -> Tensor:
        return scores if like is None else scores.masked_fill(like.detach() == -torch.inf, -torch.inf)

    zeros = torch.zeros_like(parts.start)
    return LinearChain(
        masked(torch.zeros_like(parts.emissions), dist.emissions),
        masked(steps, dist.transitions),
        masked(parts.start.log(), dist.start),
        masked(zeros, dist.end),
        dist.lengths,
    )


def _heads(parts: ArcParts, dist: ArcStructure) -> Restricted:
    scores = dist.arc_scores
    possible = ~scores.missing & (scores.arcs > -torch.inf)
    if parts.relations is None or scores.relations is None:
        arcs, lost = _by_word(parts.arcs, possible, dist.lengths)
        return Restricted(ArcParts(arcs, None if scores.relations is None else parts.relations), lost)
    joint, lost = _by_word(parts.relations, possible.unsqueeze(-1) & (scores.relations > -torch.inf), dist.lengths)
    return Restricted(ArcParts(parts.arcs if joint is parts.relations else joint.sum(-1), joint), lost)


def _graph(parts: ArcParts, dist: ArcGraph) -> Restricted:
    scores = dist.arc_scores
    possible = ~scores.missing & (scores.arcs > -torch.inf)
    arcs, relations = parts.arcs.where(possible, 0.0), parts.relations
    if relations is not None and scores.relations is not None:
        relations = relations.where(possible.unsqueeze(-1) & (scores.relations > -torch.inf), 0.0)
        arcs = relations.sum(-1)
    relations = None if scores.relations is None else relations
    total, left = parts.arcs.sum((1, 2)), arcs.sum((1, 2))
    return Restricted(ArcParts(arcs, relations), ((total - left) / total.where(total > 0, 1.0)).clamp(min=0))


def _spans(parts: SpanParts, dist: Segments) -> Restricted:
    batch, words, width, count = dist.spans.shape
    spans = parts.spans.new_zeros(batch, words, width, count)
    shared = min(width, parts.spans.shape[2])
    spans[:, :, :shared] = parts.spans[:, :, :shared]
    spans = spans.where(dist.spans > -torch.inf, 0.0)
    gone = _covered(parts.spans) - _covered(spans)
    lost = gone.sum(1) / own_words(words, dist.lengths, spans).sum(1)
    return Restricted(SpanParts(spans, parts.outside + gone, parts.transitions), lost.clamp(min=0))


def _covered(spans: Tensor) -> Tensor:
    """The probability that each word is inside a span, `[batch, words]`."""
    batch, words, width, _ = spans.shape
    ending = spans.sum(-1).flip(2).cumsum(2).flip(2)  # of spans from a word on of more than d words
    places = torch.arange(words, device=spans.device).unsqueeze(1) + torch.arange(width, device=spans.device)
    total = spans.new_zeros(batch, words + width)
    return total.index_add(1, places.flatten(), ending.flatten(1))[:, :words]
