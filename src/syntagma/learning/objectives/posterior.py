"""Posterior distillation: word by word, what is probable once everything around is taken into account."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.learning.objectives.objective import MarginalObjective
from syntagma.structures import ArcGraph, ArcStructure, IndependentHeads, IndependentLabels, LinearChain, Structure


class Posterior(MarginalObjective):
    """`- sum over words and labels of q_teacher log q_student` of the words' posteriors q (arXiv 2004.03846).

    The student's posteriors need its own forward-backward pass, and gradients flow through it. It ignores what pairs of
    labels say beyond; of words that are independent anyway it is the structural objective.
    """

    def view(self, student: Structure[Any]) -> Structure[Any]:
        """The student's words, each with its posterior, independent of one another."""
        return word_posteriors(student)


def word_posteriors(dist: Structure[Any]) -> Structure[Any]:
    """Independent words that have the same marginals; gradients flow.

    Raises:
        StructureError: of segmentations, whose words have no labels of their own.
    """
    match dist:
        case LinearChain():
            return IndependentLabels(_log(dist.expected_parts().emissions), dist.lengths)
        case IndependentLabels() | IndependentHeads() | ArcGraph():
            return dist
        case ArcStructure():
            arcs, relations = _log(dist.expected_arcs()), dist.arc_scores.labels
            if isinstance(relations, Tensor):  # they are independent given the heads, whatever the structure
                relations = relations.masked_fill((arcs == -torch.inf).unsqueeze(-1), 0.0).log_softmax(-1)
            return IndependentHeads(arcs, dist.lengths, relations)
    raise StructureError(
        f"the words of {type(dist).__name__} have no posterior of their own", fix="Use the objective 'structural'"
    )


def _log(probabilities: Tensor) -> Tensor:
    """Logarithms with -inf for 0, through which a gradient of 0 flows."""
    possible = probabilities > 0
    return torch.where(possible, probabilities, 1.0).log().masked_fill(~possible, -torch.inf)
