"""From teachers to targets: what one or several say about sentences, in the terms of their student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from syntagma.errors import StructureError
from syntagma.learning.distillation.records import Form, form_of, pack
from syntagma.learning.distillation.tables import Cells, pack_dense
from syntagma.learning.objectives import Objective, Paths, Prepared
from syntagma.models import LabelLayer, Layer, SegmentLayer, Tagger
from syntagma.structures import ArcGraph
from syntagma.structures.conversions import Alignment, alignment
from syntagma.structures.parts import Parts
from syntagma.text.document import Sentence
from syntagma.text.label_schemes import LabelScheme


@dataclass(frozen=True)
class Preparation:
    """What several teachers together teach one student, and by which objectives. Teachers are in eval mode.

    `lists` says what a record holds, in order: the target of each layer and objective, each followed by what was lost.
    """

    teachers: Sequence[Tagger]
    student: Tagger
    objectives: Mapping[str, Sequence[Objective]]
    """By the layers that are taught."""

    @property
    def lists(self) -> list[tuple[str, int]]:
        """The layer of each list of a record and the objective's place among the layer's."""
        return [(layer, place) for layer, objectives in self.objectives.items() for place in range(len(objectives))]

    @torch.inference_mode()
    def records(self, sentences: Sequence[Sentence]) -> tuple[list[list[Cells]], dict[tuple[str, int], Form]]:
        """A record a sentence, and the form of every list in it."""
        lengths = [len(sentence.tokens) for sentence in sentences]
        said = [teacher.distributions(sentences) for teacher in self.teachers]
        student = self.student.distributions(sentences)
        lists, forms = [], {}
        for layer, place in self.lists:
            objective = self.objectives[layer][place]
            prepared = average(
                [
                    objective.target(one[layer], student[layer], self._labels(teacher, layer))
                    for one, teacher in zip(said, self.teachers, strict=True)
                    if layer in one
                ]
            )
            forms[layer, place] = form_of(prepared.target, graph=isinstance(student[layer], ArcGraph))
            lost = prepared.lost.float().cpu().numpy()
            lists.append(pack(prepared.target, lengths))
            lists.append([pack_dense(np.array([share], np.float32)) for share in lost])
        return [list(record) for record in zip(*lists, strict=True)], forms

    def _labels(self, teacher: Tagger, layer: str) -> Alignment:
        mine = self.student.layers[layer]
        return alignment(label_axis(teacher.layers[layer], mine), label_axis(mine, mine))


def label_axis(layer: Layer, student: Layer) -> list[str]:
    """What stands on the label axis of a layer's distribution, once it is in the terms of the student's."""
    if isinstance(layer, LabelLayer):
        return layer.coding.labels
    if isinstance(layer, SegmentLayer) and isinstance(student, LabelLayer):
        return LabelScheme.BIOES.labels(layer.labels)
    return layer.labels


def average(prepared: Sequence[Prepared]) -> Prepared:
    """What several teachers say of the same sentences, each as much as the other."""
    lost = torch.stack([one.lost for one in prepared]).mean(0)
    if len(prepared) == 1:
        return prepared[0]
    targets = [one.target for one in prepared]
    paths = [target for target in targets if isinstance(target, Paths)]
    if paths:
        weights = torch.cat([each.log_weights for each in paths], 1) - torch.tensor(len(paths)).log()
        return Prepared(Paths(torch.cat([each.outputs for each in paths], 1), weights), lost)
    kinds = {type(target) for target in targets}
    if len(kinds) > 1:
        raise StructureError("the teachers' targets are of different kinds and have no mean")
    first = targets[0]
    means = (
        None if parts[0] is None else torch.stack(parts).mean(0)
        for parts in zip(*targets, strict=True)  # one kind of part after another
    )
    made: Parts = type(first)(*means)  # type: ignore[arg-type, assignment]
    return Prepared(made, lost)
