"""What a student learns from: sentences with where their targets are, and the targets of any batch of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from syntagma.learning.distillation.records import Form
from syntagma.learning.distillation.store import TargetStore
from syntagma.learning.distillation.tables import SparseReader
from syntagma.learning.objectives import Target
from syntagma.text.document import Sentence


@dataclass(frozen=True, slots=True)
class Course:
    """What one group of teachers teaches: the targets on disk, and the lists of each record."""

    store: TargetStore
    lists: Sequence[tuple[str, int]]
    """Layer and objective of each list of a record; each is followed by one that says what was lost."""

    def targets_at(self, layer: str) -> list[int]:
        """Where in a record the targets of a layer are, objective by objective; none if it is not taught."""
        return [2 * at for at, (name, _) in enumerate(self.lists) if name == layer]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A sentence, the layers that it is annotated in, and its targets, if it has a teacher."""

    sentence: Sentence
    annotated: frozenset[str] = frozenset()
    course: Course | None = None
    key: bytes = b""

    def teaches(self, layer: str) -> bool:
        """Whether there are targets for a layer."""
        return self.course is not None and bool(self.course.targets_at(layer))


@dataclass(frozen=True, slots=True)
class Targets:
    """Reads the targets of lessons, in the forms that each layer's objectives have."""

    forms: Mapping[tuple[str, int], Form]

    def of(self, lessons: Sequence[Lesson], layer: str, device: torch.device) -> list[Target]:
        """The targets `[lessons, ...]` of a layer, objective by objective. Raises ModelError for a missing one."""
        lists = []
        for lesson in lessons:
            assert lesson.course is not None
            record = lesson.course.store.read(lesson.key)
            lists.append([record[at] for at in lesson.course.targets_at(layer)])
        return [self.forms[layer, place].read(rows, device) for place, rows in enumerate(zip(*lists, strict=True))]


def lost_share(lessons: Sequence[Lesson]) -> dict[str, float]:
    """By layer, the mean share of the teachers' mass that the student cannot have (of the layer's first objective)."""
    shares: dict[str, list[float]] = {}
    for lesson in lessons:
        if lesson.course is None:
            continue
        record = lesson.course.store.read(lesson.key)
        for at, (layer, place) in enumerate(lesson.course.lists):
            if place == 0:
                shares.setdefault(layer, []).append(float(SparseReader([record[2 * at + 1]]).floats()))
    return {layer: sum(found) / len(found) for layer, found in shares.items()}
