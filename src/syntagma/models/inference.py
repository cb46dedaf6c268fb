"""From the scores of a chain to a distribution over labels: exactly, by mean field, or word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from syntagma.scorers import ChainScores
from syntagma.structures import LinearChain
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.mean_field import MeanFieldChain

LabelDistribution = LinearChain | IndependentLabels
FORBIDDEN = float("-inf")


class Masks(NamedTuple):
    """What a label scheme forbids (True)."""

    start: Tensor
    """Label of the first word, `[labels]`."""
    pairs: Tensor
    """Label and next label, `[from, to]`."""
    end: Tensor
    """Label of the last word, `[labels]`."""


class Inference(Protocol):
    """A way from scores to a distribution."""

    @property
    def keeps_pairs(self) -> bool:
        """Whether forbidden pairs have probability 0; if not, the scheme's lenient decoding reads what comes out."""

    def __call__(self, scores: ChainScores, masks: Masks, lengths: Tensor, temperature: Tensor) -> LabelDistribution:
        """The distribution of rows of `lengths [batch]`; whatever the temperature, the best labels are the same."""


@dataclass(frozen=True)
class ExactChain:
    """The linear chain: what the scheme forbids has probability 0."""

    keeps_pairs: bool = True

    def __call__(self, scores: ChainScores, masks: Masks, lengths: Tensor, temperature: Tensor) -> LabelDistribution:
        """The chain whose scores are these, divided by the temperature."""
        return LinearChain(
            scores.emissions / temperature,
            (scores.transitions / temperature).masked_fill(masks.pairs, FORBIDDEN),
            (scores.start / temperature).masked_fill(masks.start, FORBIDDEN),
            (scores.end / temperature).masked_fill(masks.end, FORBIDDEN),
            lengths,
        )


@dataclass(frozen=True)
class MeanField:
    """Independent labels after some rounds of mean-field messages (AIN, arXiv 2009.08229), first order or second.

    No factorised distribution can keep two words from agreeing on a forbidden pair, so only what may not begin or end
    a sentence has probability 0.
    """

    iterations: int = 3
    keeps_pairs: bool = False

    def __call__(self, scores: ChainScores, masks: Masks, lengths: Tensor, temperature: Tensor) -> LabelDistribution:
        """The labels' distribution; its logits, not the chain's scores, are divided by the temperature."""
        chain = MeanFieldChain(
            scores.emissions,
            scores.transitions,
            scores.start.masked_fill(masks.start, FORBIDDEN),
            scores.end.masked_fill(masks.end, FORBIDDEN),
            lengths,
            second=scores.second,
            iterations=self.iterations,
        )
        return IndependentLabels(chain.emissions / temperature, lengths)


@dataclass(frozen=True)
class EveryWordAlone:
    """Independent labels: scores of pairs are not looked at, and what may not begin or end a sentence is forbidden."""

    keeps_pairs: bool = False

    def __call__(self, scores: ChainScores, masks: Masks, lengths: Tensor, temperature: Tensor) -> LabelDistribution:
        """The labels' distribution by emissions, start and end, divided by the temperature."""
        start = scores.start.masked_fill(masks.start, FORBIDDEN)
        end = scores.end.masked_fill(masks.end, FORBIDDEN)
        return IndependentLabels(_with_ends(scores.emissions, start, end, lengths) / temperature, lengths)


def _with_ends(emissions: Tensor, start: Tensor, end: Tensor, lengths: Tensor) -> Tensor:
    """`emissions [batch, words, labels]` with `start` added to each row's first word and `end` to its last."""
    positions = torch.arange(emissions.shape[1], device=emissions.device).view(1, -1, 1)
    last = (lengths - 1).view(-1, 1, 1)
    start, end = (part.view(-1, 1, part.shape[-1]) for part in (start, end))
    begun = torch.where(positions == 0, emissions + start, emissions)
    return torch.where(positions == last, begun + end, begun)
