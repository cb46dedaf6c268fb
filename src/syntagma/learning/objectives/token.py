"""Token distillation: word by word, from the scores of words alone."""

from __future__ import annotations

from typing import Any

from syntagma.errors import StructureError
from syntagma.learning.objectives.objective import MarginalObjective
from syntagma.structures import ArcGraph, ArcStructure, IndependentHeads, IndependentLabels, LinearChain, Structure
from syntagma.structures.parts import Parts, SpanParts


class Token(MarginalObjective):
    """`- sum over words and labels of softmax(e_teacher) log softmax(e_student)` of scores e of words alone.

    The baseline of both papers (arXiv 2004.03846: "emission"): what a chain says about pairs of labels, and a tree of
    heads that go together, is not looked at on either side. Of a teacher without such scores it takes the posteriors.
    """

    def view(self, student: Structure[Any]) -> Structure[Any]:
        """The student's words, by their own scores."""
        return words_alone(student)

    def means(self, teacher: Structure[Any]) -> Parts:
        """Probabilities of the teacher's words by their own scores."""
        parts: Parts = (teacher if teacher.parts is SpanParts else words_alone(teacher)).expected_parts()
        return parts


def words_alone(dist: Structure[Any]) -> Structure[Any]:
    """The distribution by the scores of words, or of arcs, without what structure there is over them.

    Raises:
        StructureError: of segmentations, which have no such scores.
    """
    match dist:
        case LinearChain():
            return IndependentLabels(dist.emissions, dist.lengths)
        case IndependentLabels() | ArcGraph():
            return dist
        case ArcStructure():
            return IndependentHeads(dist.arc_scores.arcs, dist.lengths, dist.arc_scores.relations)
    raise StructureError(
        f"{type(dist).__name__} have no scores of words alone", fix="Use the objective 'structural' or a k-best one"
    )
