"""Structural distillation: the exact cross-entropy between two distributions over outputs."""

from __future__ import annotations

from typing import Any

from syntagma.learning.objectives.objective import MarginalObjective
from syntagma.structures import Structure


class Structural(MarginalObjective):
    """`- sum over y of p_teacher(y) log p_student(y)` over all outputs y, exactly (arXiv 2010.05010, cases 1 to 4)."""

    def view(self, student: Structure[Any]) -> Structure[Any]:
        """The student itself."""
        return student
