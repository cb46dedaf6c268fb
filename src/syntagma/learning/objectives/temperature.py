"""How much softer than they are a teacher's and a student's distributions are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from syntagma.structures import ArcGraph, Structure
from syntagma.structures.conversions import temper
from syntagma.structures.label_checks import check_temperature
from syntagma.structures.parts import Parts

Kind = Literal["global", "local"]


@dataclass(frozen=True)
class Temperature:
    """A temperature and where it acts (arXiv 2010.05010).

    "global" divides all scores of both by it before anything is inferred: two distributions are compared. "local"
    flattens each table of the teacher's marginals by itself, as the paper's code does, and compares with the student at
    that temperature; for chains the tables then disagree, and the loss may fall below that of a perfect student, and
    below 0. It is not clamped there: a clamp would take the gradient from just the sentences that it acts on, and all
    that an unclamped loss can gain by tables that disagree is to move scores in ways that change no probability.

    Either way losses are multiplied by its square, so that gradients keep their size (Hinton et al., 2015).
    """

    value: float = 1.0
    kind: Kind = "global"

    def __post_init__(self) -> None:
        check_temperature(self.value)

    @property
    def factor(self) -> float:
        """What a loss is multiplied by."""
        return self.value**2

    def scores(self, dist: Structure[Any]) -> Structure[Any]:
        """A distribution before inference."""
        return dist if self.value == 1 or self.kind == "local" else dist.tempered(self.value)

    def view(self, dist: Structure[Any]) -> Structure[Any]:
        """What is compared of a student."""
        return dist if self.value == 1 or self.kind == "global" else dist.tempered(self.value)

    def tables(self, parts: Parts, of: Structure[Any]) -> Parts:
        """A target's marginals that will be compared with such a distribution."""
        return parts if self.kind == "global" else temper(parts, self.value, graph=isinstance(of, ArcGraph))
