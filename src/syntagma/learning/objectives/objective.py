"""What every objective is: what to keep of a teacher, and the loss of a student beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from torch import Tensor

from syntagma.learning.objectives.paths import Paths
from syntagma.learning.objectives.temperature import Temperature
from syntagma.structures import Structure, cross_entropy
from syntagma.structures.conversions import Alignment, align, convert, restrict
from syntagma.structures.mixing import mix
from syntagma.structures.parts import Parts

Target = Parts | Paths
"""What is kept of a teacher's distribution: its marginals, or its best outputs."""


class Prepared(NamedTuple):
    """A target in the student's terms, and what did not fit in."""

    target: Target
    lost: Tensor
    """`[batch]`: the share of the teacher's mass that the student cannot have (`structures.conversions.restrict`)."""


class Objective(ABC):
    """Compares a student with a teacher. The target is computed once; the loss, each time the student has changed."""

    @abstractmethod
    def target(self, teacher: Structure[Any], student: Structure[Any], labels: Alignment) -> Prepared:
        """What to keep of the teacher.

        Args:
            teacher: rows of sentences.
            student: the same sentences; only what it forbids is looked at.
            labels: where the teacher's labels are among the student's. Those of a segmentation whose student labels
                words are BIOES labels.

        Raises:
            StructureError: the teacher says nothing about such a student, or the objective has no meaning for it.
        """

    @abstractmethod
    def loss(self, target: Target, student: Structure[Any]) -> Tensor:
        """The loss of each sentence in nats, `[batch]`. Gradients flow into the student alone."""

    def interpolated(self, target: Target, gold: Tensor, share: float, student: Structure[Any]) -> Tensor:
        """`share * loss + (1 - share) *` the negative log-likelihood of the gold outputs, `[batch]`."""
        return share * self.loss(target, student) + (1 - share) * cross_entropy(gold, student)


class MarginalObjective(Objective):
    """Cross-entropy from a teacher's marginals to some view of the student: all of it, or its words each by itself."""

    def __init__(self, temperature: Temperature | None = None) -> None:
        self.temperature = temperature or Temperature()

    @abstractmethod
    def view(self, student: Structure[Any]) -> Structure[Any]:
        """What of the student is compared. Raises StructureError if it has no such thing."""

    def means(self, teacher: Structure[Any]) -> Parts:
        """What of the teacher is compared."""
        parts: Parts = teacher.expected_parts()
        return parts

    def target(self, teacher: Structure[Any], student: Structure[Any], labels: Alignment) -> Prepared:
        """The teacher's marginals, of the kind, in the order, within the support and at the temperature of the view."""
        view = self.view(student.detach())
        parts = convert(self.means(self.temperature.scores(teacher.detach())), view.parts, view.lengths)
        kept, lost = restrict(align(parts, labels), view)
        return Prepared(self.temperature.tables(kept, view), lost)

    def loss(self, target: Target, student: Structure[Any]) -> Tensor:
        """Cross-entropy `[batch]`."""
        return self._compared(target, self.view(self.temperature.scores(student)))

    def interpolated(self, target: Target, gold: Tensor, share: float, student: Structure[Any]) -> Tensor:
        """As of any objective; one cross-entropy from a mixed target where the student itself is compared."""
        view = self.view(self.temperature.scores(student))
        if view is student and self.temperature.value == 1:
            assert not isinstance(target, Paths)
            return cross_entropy(mix(target, gold, share, student), student)
        return share * self._compared(target, view) + (1 - share) * cross_entropy(gold, student)

    def _compared(self, target: Target, view: Structure[Any]) -> Tensor:
        assert not isinstance(target, Paths)
        return self.temperature.factor * cross_entropy(target, self.temperature.view(view))
