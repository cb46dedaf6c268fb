"""From scores of heads to a distribution over trees, or over heads that need not make a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from syntagma.scorers import HeadScores
from syntagma.structures import ArcStructure, IndependentHeads, NonProjectiveTree, ProjectiveTree, SecondOrderHeads

TREES = {"projective": ProjectiveTree, "nonprojective": NonProjectiveTree}


class HeadInference(Protocol):
    """A way from scores of heads to a distribution."""

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """The distribution of rows of `lengths [batch]`, all scores divided by the temperature."""


@dataclass(frozen=True)
class Trees:
    """Trees alone have any probability."""

    arcs: Literal["projective", "nonprojective"]
    """Whether arcs may cross."""
    single_root: bool = True

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """The tree distribution of these scores."""
        softer = scores.tempered(temperature)
        return TREES[self.arcs](softer.arcs, lengths, softer.relations, single_root=self.single_root)


@dataclass(frozen=True)
class EveryHeadAlone:
    """Every word chooses its head by itself."""

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """Independent heads of these scores."""
        softer = scores.tempered(temperature)
        return IndependentHeads(softer.arcs, lengths, softer.relations)


@dataclass(frozen=True)
class SecondOrderMeanField:
    """Words choose alone after some rounds in which they hear what siblings and grandparents would choose."""

    iterations: int = 3

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """Second-order heads; the beliefs' logits, not what they come from, are divided by the temperature."""
        found = SecondOrderHeads(scores.arcs, scores.siblings, scores.grandparents, lengths, iterations=self.iterations)
        softer = scores._replace(arcs=found.arc_scores.arcs).tempered(temperature)
        return IndependentHeads(softer.arcs, lengths, softer.relations)
