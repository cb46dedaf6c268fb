"""Labels of one inventory in the places that another gives them: the axes of labels, aligned by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from syntagma.errors import LabelError
from syntagma.structures.parts import ArcParts, ChainParts, LabelParts, Parts, SpanParts


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the labels of one inventory are in another."""

    index: Tensor
    """`[labels]` int64: the place that each has in the other."""
    count: int
    """How many labels the other has."""


def alignment(labels: Sequence[str], inventory: Sequence[str]) -> Alignment:
    """Find each of `labels` in the inventory.

    Raises:
        LabelError: some are not in it; names them.
    """
    places = {label: place for place, label in enumerate(inventory)}
    unknown = [label for label in labels if label not in places]
    if unknown:
        raise LabelError(
            f"the labels {', '.join(map(repr, unknown))} are not among {', '.join(inventory)}",
            fix="Use one inventory, or give labels the same names",
        )
    return Alignment(torch.tensor([places[label] for label in labels], dtype=torch.int64), len(inventory))


def align(parts: Parts, labels: Alignment) -> Parts:
    """The same numbers over the other inventory; what no label comes to is 0, what several come to is added up.

    Of arcs the labels are the relations.
    """
    index, count = labels.index.to(parts[0].device), labels.count
    if len(index) == count and torch.equal(index, torch.arange(count, device=index.device)):
        return parts
    match parts:
        case LabelParts(emissions):
            return LabelParts(_moved(emissions, -1, index, count))
        case ChainParts(emissions, transitions, start, end):
            pairs = _moved(_moved(transitions, -1, index, count), -2, index, count)
            return ChainParts(_moved(emissions, -1, index, count), pairs, *_ends(start, end, index, count))
        case ArcParts(arcs, relations):
            return ArcParts(arcs, None if relations is None else _moved(relations, -1, index, count))
        case SpanParts(spans, outside, transitions):
            if transitions is not None:  # the last place is that of no label
                index, count = torch.cat([index, index.new_tensor([count])]), count + 1
                transitions = _moved(_moved(transitions, -1, index, count), -2, index, count)
                index, count = index[:-1], count - 1
            return SpanParts(_moved(spans, -1, index, count), outside, transitions)


def _ends(start: Tensor, end: Tensor, index: Tensor, count: int) -> tuple[Tensor, Tensor]:
    return _moved(start, -1, index, count), _moved(end, -1, index, count)


def _moved(numbers: Tensor, axis: int, index: Tensor, count: int) -> Tensor:
    shape = list(numbers.shape)
    shape[axis] = count
    return numbers.new_zeros(shape).index_add(axis, index, numbers)
