"""The parts of a chain (labels, pairs of neighbouring labels, the ends), and what can be turned into them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot


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
