"""Known outputs in the terms of another structure: labels renumbered, segmentations written as labels of words."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.arc_graph import ArcGraph
from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.parts import ChainParts, LabelParts, Parts, SpanParts
from syntagma.structures.structure import Structure


def convert_outputs(outputs: Tensor, teacher: Structure[Any], student: Structure[Any], index: Tensor) -> Tensor:
    """Outputs of one structure, `[batch, ...]`, as another takes them.

    Args:
        outputs: as `teacher.topk` gives them, -1 where there is none.
        teacher: the structure whose they are.
        student: the structure that shall take them.
        index: the place that each of the teacher's labels has among the student's, `[labels]`. Where segmentations
            become labels of words, these are BIOES labels.

    Raises:
        StructureError: they are no outputs of such a structure.
    """
    index = torch.cat([index.to(outputs.device), index.new_tensor([-1])])  # -1 stays -1
    if teacher.parts is SpanParts and _over_labels(student.parts):
        return index[bioes_labels(outputs)]
    if teacher.parts is not student.parts and not (_over_labels(teacher.parts) and _over_labels(student.parts)):
        raise _unlike(teacher, student)
    match teacher, student:
        case ArcGraph(), ArcGraph():
            return outputs if outputs.dtype == torch.bool else index[outputs]
        case ArcStructure(), ArcStructure():
            return _trees(outputs, teacher, student, index)
        case (ArcGraph(), _) | (_, ArcGraph()):
            raise _unlike(teacher, student)
    if teacher.parts is SpanParts:
        return torch.stack([outputs[..., 0], index[outputs[..., 1]]], -1)
    return index[outputs]


def _trees(outputs: Tensor, teacher: ArcStructure, student: ArcStructure, index: Tensor) -> Tensor:
    if student.arc_scores.relations is None:
        return outputs if teacher.arc_scores.relations is None else outputs[..., 0]
    if teacher.arc_scores.relations is None:
        raise StructureError("heads without relations are no outputs of a structure with them")
    return torch.stack([outputs[..., 0], index[outputs[..., 1]]], -1)


def bioes_labels(segments: Tensor) -> Tensor:
    """The BIOES labels `[..., words]` of segmentations `[..., words, 2]`; in padding -1.

    The labels are numbered as `LabelScheme.BIOES.labels` orders them: O, then each type's B, I, E and S.
    """
    sizes, labels = segments.unbind(-1)
    places = torch.arange(sizes.shape[-1], device=sizes.device)
    begins = sizes > 0
    first = torch.where(begins, places, -1).cummax(-1).values  # of the latest span
    size = sizes.gather(-1, first.clamp(min=0))
    into, inside = places - first, (first >= 0) & (places < first + size)
    part = torch.where(into + 1 == size, 2, 1).where(into > 0, torch.where(size == 1, 3, 0))  # E, I; S, B
    tags = (1 + 4 * labels.gather(-1, first.clamp(min=0)) + part).where(inside, 0)
    return tags.masked_fill(sizes < 0, -1)


def _over_labels(parts: type[Parts]) -> bool:
    return parts in (LabelParts, ChainParts)


def _unlike(teacher: Structure[Any], student: Structure[Any]) -> StructureError:
    return StructureError(
        f"outputs of {type(teacher).__name__} are none of {type(student).__name__}",
        fix="Compare structures over the same outputs",
    )
