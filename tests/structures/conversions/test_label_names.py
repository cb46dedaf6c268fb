"""Label axes aligned by name: what is compared is the same however either side orders its labels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.errors import LabelError
from syntagma.structures import (
    ArcParts,
    IndependentHeads,
    IndependentLabels,
    LabelParts,
    LinearChain,
    Segments,
    Structure,
    cross_entropy,
)
from syntagma.structures.conversions import Alignment, align, alignment

ORDER = torch.tensor([2, 0, 1])


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def _reordered(scores: Tensor, *axes: int) -> Tensor:
    """Scores in which label i is at ORDER[i]."""
    for axis in axes:
        scores = scores.index_select(axis, ORDER.argsort())
    return scores


def _pairs() -> list[tuple[Structure[object], Structure[object]]]:
    emissions, transitions, start = _random(2, 4, 3), _random(3, 3), _random(3)
    arcs, relations = _random(2, 4, 5), _random(2, 4, 5, 3)
    spans, outside, neighbours = _random(2, 4, 2, 3), _random(2, 4), _random(4, 4)
    order = torch.cat([ORDER.argsort(), torch.tensor([3])])
    return [
        (IndependentLabels(emissions), IndependentLabels(_reordered(emissions, 2))),
        (
            LinearChain(emissions, transitions, start),
            LinearChain(_reordered(emissions, 2), _reordered(transitions, 0, 1), _reordered(start, 0)),
        ),
        (IndependentHeads(arcs, None, relations), IndependentHeads(arcs, None, _reordered(relations, 3))),
        (
            Segments(spans, outside, neighbours),
            Segments(_reordered(spans, 3), outside, neighbours[order][:, order]),
        ),
    ]


@pytest.mark.parametrize("case", range(4))
def test_a_teacher_with_labels_in_another_order(case: int) -> None:
    teacher, student = _pairs()[case]
    aligned = align(teacher.expected_parts(), Alignment(ORDER, 3))
    torch.testing.assert_close(cross_entropy(aligned, student), teacher.entropy())


def test_labels_that_only_the_student_has_get_nothing() -> None:
    labels = alignment(["b", "a"], ["a", "x", "b"])
    assert labels.index.tolist() == [2, 0]
    found = align(LabelParts(torch.tensor([[[0.75, 0.25]]])), labels)
    assert isinstance(found, LabelParts)
    assert found.emissions.tolist() == [[[0.25, 0.0, 0.75]]]
    unlabelled = ArcParts(torch.ones(1, 1, 2))
    assert align(unlabelled, labels) == unlabelled


def test_labels_that_the_student_does_not_have_are_named() -> None:
    with pytest.raises(LabelError, match=r"the labels 'LOC', 'ORG' are not among PER, MISC\. Use one inventory"):
        alignment(["LOC", "PER", "ORG"], ["PER", "MISC"])
