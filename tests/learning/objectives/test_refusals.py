"""What an objective cannot compare, and what it does with outputs that the student forbids."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.learning.objectives import Objective, Paths, Posterior, Structural, Temperature, Token, TopK, WeightedTopK
from syntagma.structures import IndependentHeads, IndependentLabels, LinearChain, ProjectiveTree, Segments, Structure
from syntagma.structures.conversions import Alignment

SAME = Alignment(torch.arange(2), 2)


def _scores(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


SPANS = Segments(_scores(1, 3, 3, 2))
CHAIN = LinearChain(_scores(1, 3, 2), _scores(2, 2))
HEADS = IndependentHeads(_scores(1, 3, 4), None, _scores(1, 3, 4, 2))


@pytest.mark.parametrize(
    ("objective", "teacher", "student", "message"),
    [
        (
            Posterior(),
            SPANS,
            SPANS,
            r"the words of Segments have no posterior of their own\. Use the objective",
        ),
        (Token(), SPANS, SPANS, "Segments have no scores of words alone"),
        (Structural(Temperature(2, "local")), SPANS, SPANS, "SpanParts are no tables"),
        (Structural(), SPANS, CHAIN, "SpanParts say nothing about ChainParts"),
        (Structural(), CHAIN, HEADS, "ChainParts say nothing about ArcParts"),
        (TopK(2), HEADS, CHAIN, "outputs of IndependentHeads are none of LinearChain"),
    ],
)
def test_what_cannot_be_compared(
    objective: Objective, teacher: Structure[object], student: Structure[object], message: str
) -> None:
    with pytest.raises(StructureError, match=message):
        objective.target(teacher, student, SAME)


def test_what_is_no_temperature() -> None:
    with pytest.raises(StructureError, match="the temperature is 0"):
        Temperature(0)


@pytest.mark.parametrize("kind", [TopK, WeightedTopK])
def test_outputs_that_the_student_forbids_do_not_count(kind: type[TopK]) -> None:
    transitions = torch.zeros(2, 2)
    transitions[0, 1] = -torch.inf
    student = LinearChain(_scores(1, 3, 2).requires_grad_(True), transitions)
    prepared = kind(8).target(CHAIN, student, SAME)
    assert isinstance(prepared.target, Paths)
    kept = prepared.target.present[0]
    assert kept.sum() == 4  # 000 100 110 111
    outputs, scores = CHAIN.topk(8)
    left = student.log_prob(outputs)[0] > -torch.inf
    torch.testing.assert_close(prepared.lost, scores.softmax(1)[0, ~left].sum().view(1), check_dtype=False)
    weights = torch.full((4,), 0.25) if kind is TopK else scores[0, left].softmax(0)
    expected = -(weights * student.log_prob(outputs)[0, left]).sum()
    loss = kind(8).loss(prepared.target, student)[0]
    torch.testing.assert_close(loss, expected)
    (gradient,) = torch.autograd.grad(loss, student.emissions)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("kind", [TopK, WeightedTopK])
def test_a_sentence_whose_outputs_are_all_forbidden_teaches_nothing(kind: type[TopK]) -> None:
    emissions = torch.zeros(1, 1, 2)
    emissions[0, 0, 0] = -torch.inf
    learning = emissions.clone().requires_grad_(True)
    student = IndependentLabels(learning)
    teacher = IndependentLabels(torch.tensor([[[5.0, 0.0]]]))
    prepared = kind(1).target(teacher, student, SAME)
    assert prepared.lost.tolist() == [1]
    loss = kind(1).loss(prepared.target, student)
    assert loss.tolist() == [0]
    loss.sum().backward()
    assert learning.grad is not None
    assert learning.grad.isfinite().all()


def test_the_posterior_of_a_tree_with_forbidden_relations() -> None:
    arcs, relations = _scores(1, 3, 4).double().requires_grad_(True), _scores(1, 3, 4, 2).double()
    relations[0, 0, 2] = relations[0, 1, 0, 1] = -torch.inf
    student = ProjectiveTree(arcs, None, relations)
    prepared = Posterior().target(HEADS, student, SAME)
    loss = Posterior().loss(prepared.target, student)
    p, q = prepared.target, student.expected_parts()
    assert isinstance(q.relations, Tensor)
    assert q.relations[0, 0, 2].sum() == 0
    expected = -(p[1] * q.relations.clamp(min=1e-300).log().where(p[1] > 0, 0.0)).sum()
    torch.testing.assert_close(loss[0], expected, check_dtype=False)
    (gradient,) = torch.autograd.grad(loss.sum(), arcs)
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0
