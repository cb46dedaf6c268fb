"""From scores of heads to a distribution over trees, or over heads that need not make a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from syntagma.scorers import HeadScores
from syntagma.structures import ArcStructure, IndependentHeads, NonProjectiveTree, ProjectiveTree, SecondOrderHeads
from syntagma.text.document import Arc
from syntagma.text.trees import is_projective, tree_fault

TREES = {"projective": ProjectiveTree, "nonprojective": NonProjectiveTree}


class HeadInference(Protocol):
    """A way from scores of heads to a distribution."""

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """The distribution of rows of `lengths [batch]`, all scores divided by the temperature."""

    def can_have(self, arcs: Sequence[Arc]) -> bool:
        """Whether a sentence's arcs are one of the distribution's outputs."""


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

    def can_have(self, arcs: Sequence[Arc]) -> bool:
        """Whether they are a tree, without arcs that cross where none may."""
        if tree_fault(arcs, one_root=self.single_root):
            return False
        return self.arcs == "nonprojective" or is_projective(arcs)


@dataclass(frozen=True)
class EveryHeadAlone:
    """Every word chooses its head by itself."""

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """Independent heads of these scores."""
        softer = scores.tempered(temperature)
        return IndependentHeads(softer.arcs, lengths, softer.relations)

    def can_have(self, arcs: Sequence[Arc]) -> bool:
        """Any heads at all."""
        return True


@dataclass(frozen=True)
class SecondOrderMeanField:
    """Words choose alone after some rounds in which they hear what siblings and grandparents would choose."""

    iterations: int = 3

    def __call__(self, scores: HeadScores, lengths: Tensor, temperature: Tensor) -> ArcStructure:
        """Second-order heads; the beliefs' logits, not what they come from, are divided by the temperature."""
        found = SecondOrderHeads(scores.arcs, scores.siblings, scores.grandparents, lengths, iterations=self.iterations)
        softer = scores._replace(arcs=found.arc_scores.arcs).tempered(temperature)
        return IndependentHeads(softer.arcs, lengths, softer.relations)

    def can_have(self, arcs: Sequence[Arc]) -> bool:
        """Any heads at all."""
        return True
