"""Known outputs as another structure takes them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import (
    ArcGraph,
    IndependentHeads,
    IndependentLabels,
    LinearChain,
    ProjectiveTree,
    Segments,
    Structure,
)
from syntagma.structures.conversions import convert_outputs
from syntagma.text.document import TokenSpan
from syntagma.text.label_schemes import LabelScheme

ORDER = torch.tensor([1, 0])


def _scores(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_labels_and_relations_are_renumbered_and_padding_is_not() -> None:
    chain, words = LinearChain(_scores(1, 3, 2), _scores(2, 2)), IndependentLabels(_scores(1, 3, 2))
    for teacher, student in ((chain, words), (words, chain), (chain, chain)):
        assert convert_outputs(torch.tensor([[0, 1, -1]]), teacher, student, ORDER).tolist() == [[1, 0, -1]]
    tree = ProjectiveTree(_scores(1, 2, 3), None, _scores(1, 2, 3, 2))
    heads = IndependentHeads(_scores(1, 2, 3), None, _scores(1, 2, 3, 2))
    found = convert_outputs(torch.tensor([[[2, 1], [0, 0]], [[-1, -1], [-1, -1]]]), tree, heads, ORDER)
    assert found.tolist() == [[[2, 0], [0, 1]], [[-1, -1], [-1, -1]]]
    bare = IndependentHeads(_scores(1, 2, 3))
    assert convert_outputs(torch.tensor([[[2, 1], [0, 0]]]), tree, bare, ORDER).tolist() == [[2, 0]]
    assert convert_outputs(torch.tensor([[2, 0]]), bare, bare, ORDER).tolist() == [[2, 0]]
    spans = Segments(_scores(1, 2, 2, 2))
    assert convert_outputs(torch.tensor([[[2, 1], [0, -1]]]), spans, spans, ORDER).tolist() == [[[2, 0], [0, -1]]]


def test_graphs() -> None:
    labelled, bare = ArcGraph(_scores(1, 1, 2), relations=_scores(1, 1, 2, 2)), ArcGraph(_scores(1, 1, 2))
    assert convert_outputs(torch.tensor([[[0, -1]]]), labelled, labelled, ORDER).tolist() == [[[1, -1]]]
    assert convert_outputs(torch.tensor([[[True, False]]]), bare, bare, ORDER).tolist() == [[[True, False]]]


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_segmentations_as_bioes_labels(length: int) -> None:
    """Every segmentation of short rows, against the label scheme's own writing."""
    types = ["PER", "LOC"]
    labels = LabelScheme.BIOES.labels(types)
    teacher = Segments(torch.zeros(1, length, length, 2))
    student = IndependentLabels(torch.zeros(1, length, len(labels)))
    best = teacher.topk(500)
    outputs = best.outputs[0][best.scores[0] > -torch.inf]
    padded = torch.cat([outputs, torch.full_like(outputs[:, :1], -1)], 1)
    found = convert_outputs(padded, teacher, student, torch.arange(len(labels)))
    assert len(outputs) == (3, 11, 41, 153)[length - 1]
    for segmentation, tags in zip(outputs.tolist(), found.tolist(), strict=True):
        spans = [TokenSpan(at, at + size, types[label]) for at, (size, label) in enumerate(segmentation) if size > 0]
        assert [labels[tag] for tag in tags[:-1]] == LabelScheme.BIOES.encode(spans, length)
        assert tags[-1] == -1


@pytest.mark.parametrize(
    ("teacher", "student"),
    [
        (LinearChain(_scores(1, 2, 2), _scores(2, 2)), IndependentHeads(_scores(1, 2, 3))),
        (IndependentHeads(_scores(1, 2, 3)), LinearChain(_scores(1, 2, 2), _scores(2, 2))),
        (IndependentHeads(_scores(1, 2, 3)), ArcGraph(_scores(1, 2, 3))),
        (ArcGraph(_scores(1, 2, 3)), IndependentHeads(_scores(1, 2, 3))),
        (IndependentLabels(_scores(1, 2, 2)), Segments(_scores(1, 2, 2, 2))),
    ],
)
def test_outputs_of_another_kind(teacher: Structure[object], student: Structure[object]) -> None:
    message = f"outputs of {type(teacher).__name__} are none of {type(student).__name__}"
    with pytest.raises(StructureError, match=message):
        convert_outputs(torch.zeros(1, 2, dtype=torch.int64), teacher, student, ORDER)


def test_heads_that_lack_relations() -> None:
    bare, labelled = IndependentHeads(_scores(1, 2, 3)), IndependentHeads(_scores(1, 2, 3), None, _scores(1, 2, 3, 2))
    with pytest.raises(StructureError, match="heads without relations"):
        convert_outputs(torch.zeros(1, 2, dtype=torch.int64), bare, labelled, ORDER)
