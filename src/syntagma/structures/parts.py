"""The parts that scores are given for, one kind a class: labels, chains of labels, arcs, spans."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot


class LabelParts(NamedTuple):
    """A number for the label of each word alone: its probability, or a target's mean; 0 where padded."""

    emissions: Tensor
    """`[batch, words, labels]`"""

    def entropy(self) -> Tensor:
        """Entropy of the independent labels that have these marginals, in nats, `[batch]`."""
        return _entropy(self.emissions, 2)

    def detach(self) -> LabelParts:
        """The same numbers without their history."""
        return LabelParts(self.emissions.detach())


class ArcParts(NamedTuple):
    """A number for every arc to a word from its head: its probability, or a target's mean; 0 where padded."""

    arcs: Tensor
    """`[batch, words, 1 + words]`: word i (from 0) has head j, where head 0 is the root and head j is word j - 1."""
    relations: Tensor | None = None
    """`[batch, words, 1 + words, relations]`: the arc exists and has this label; None where arcs have none."""

    def detach(self) -> ArcParts:
        """The same numbers without their history."""
        return ArcParts(self.arcs.detach(), None if self.relations is None else self.relations.detach())


class SpanParts(NamedTuple):
    """A number for every labelled span of a flat segmentation: its probability, or a target's mean; 0 where padded."""

    spans: Tensor
    """`[batch, words, width, labels]`: a span from a word on, over 1 + (the third index) words, has this label."""
    outside: Tensor
    """`[batch, words]`: a word is in no span."""
    transitions: Tensor | None = None
    """`[batch, labels + 1, labels + 1]`: how often one label follows another, the last index meaning an uncovered
    word; None where neighbours do not know each other."""

    def detach(self) -> SpanParts:
        """The same numbers without their history."""
        transitions = None if self.transitions is None else self.transitions.detach()
        return SpanParts(self.spans.detach(), self.outside.detach(), transitions)


class ChainParts(NamedTuple):
    """A number for every part of a chain: its probability, or a target's mean; 0 where padded."""

    emissions: Tensor
    """`[batch, words, labels]`: label at a word."""
    transitions: Tensor
    """`[batch, words - 1, labels, labels]`: label at a word and (last axis) label at the next."""
    start: Tensor
    """`[batch, labels]`: label of the first word."""
    end: Tensor
    """`[batch, labels]`: label of the last word."""

    def entropy(self) -> Tensor:
        """Entropy of the chain that has these marginals, in nats, `[batch]`: neighbours' less that of inner words."""
        inner = _entropy(self.emissions, 2) - _entropy(self.start, 1) - _entropy(self.end, 1)
        return _entropy(self.transitions, 3) - inner

    def detach(self) -> ChainParts:
        """The same numbers without their history."""
        return ChainParts(*(part.detach() for part in self))


Parts = LabelParts | ChainParts | ArcParts | SpanParts


def chain_parts(
    labels: Tensor, count: int, lengths: Tensor | None = None, dtype: torch.dtype | None = None
) -> ChainParts:
    """The parts of one known output a row, 1 where it has the part. `labels [batch, words]` from 0 to `count - 1`."""
    valid = own_words(labels.shape[1], lengths, labels)
    chosen = one_hot(labels.where(valid, 0), count).to(dtype or torch.get_default_dtype())
    return independent_parts(chosen, lengths)


def independent_parts(emissions: Tensor, lengths: Tensor | None = None) -> ChainParts:
    """The parts of a distribution that labels each word independently, `emissions [batch, words, labels]`.

    (Structural knowledge distillation, case 3: a locally normalised teacher of a chain; arXiv 2010.05010.)
    """
    valid = own_words(emissions.shape[1], lengths, emissions)
    return boundary_parts(emissions.where(valid.unsqueeze(-1), 0.0), None, lengths)


def boundary_parts(emissions: Tensor, transitions: Tensor | None, lengths: Tensor | None) -> ChainParts:
    """Parts from those of words and pairs (of independent words, where None): the ends' parts are the end words'."""
    if transitions is None:
        transitions = emissions[:, :-1].unsqueeze(-1) * emissions[:, 1:].unsqueeze(-2)
    if lengths is None:
        return ChainParts(emissions, transitions, emissions[:, 0], emissions[:, -1])
    rows = torch.arange(emissions.shape[0], device=emissions.device)
    return ChainParts(emissions, transitions, emissions[:, 0], emissions[rows, lengths - 1])


def own_words(words: int, lengths: Tensor | None, like: Tensor) -> Tensor:
    """`[batch, words]` bool, true inside each row's own length."""
    if lengths is None:
        return torch.ones(like.shape[0], words, dtype=torch.bool, device=like.device)
    inside: Tensor = torch.arange(words, device=like.device) < lengths.unsqueeze(1)
    return inside


def _entropy(probabilities: Tensor, dims: int) -> Tensor:
    # 1 log 1 in place of 0 log 0: the same value, and a gradient of 0 instead of infinity
    terms: Tensor = torch.special.entr(torch.where(probabilities > 0, probabilities, 1.0))
    return terms.flatten(-dims).sum(-1)
