"""Independent labels at their edges: refusals, derivatives, half precision, long rows; and known cross-entropies."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import IndependentLabels, LabelParts, LinearChain, cross_entropy, kl

LENGTHS = torch.tensor([3, 1])


def _emissions(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(dtype)


CALLS: dict[str, Callable[[IndependentLabels], Tensor]] = {
    "log_partition": lambda labels: labels.log_partition(),
    "log_prob": lambda labels: labels.log_prob(torch.tensor([[0, 2, 1], [1, 0, 0]])),
    "score": lambda labels: labels.score(torch.tensor([[0, 2, 1], [1, 0, 0]])),
    "marginals": lambda labels: labels.marginals().emissions,
    "entropy": lambda labels: labels.entropy(),
    "topk": lambda labels: labels.topk(3).scores[0],
    "cross_entropy": lambda labels: cross_entropy(IndependentLabels(torch.ones(2, 3, 3).cumsum(2), LENGTHS), labels),
}


@pytest.mark.parametrize("call", CALLS)
def test_first_and_second_derivatives(call: str) -> None:
    def function(emissions: Tensor) -> Tensor:
        return CALLS[call](IndependentLabels(emissions, LENGTHS))

    assert torch.autograd.gradcheck(function, _emissions().requires_grad_(True))
    assert torch.autograd.gradgradcheck(function, _emissions().requires_grad_(True))


def test_forbidden_labels_and_padding_get_no_gradient() -> None:
    emissions = _emissions()
    emissions[0, 1, 2], emissions[1, 2] = -torch.inf, torch.nan
    emissions.requires_grad_(True)
    labels = IndependentLabels(emissions, LENGTHS)
    (labels.log_prob(torch.zeros(2, 3, dtype=torch.long)) + labels.entropy() + labels.argmax().scores).sum().backward()
    assert emissions.grad is not None
    assert torch.isfinite(emissions.grad).all()
    assert (emissions.grad[1, 1:] == 0).all()
    assert emissions.grad[0, 1, 2] == 0


def test_a_detached_teacher_gets_no_gradient() -> None:
    teacher = _emissions().requires_grad_(True)
    student = torch.zeros(2, 3, 3, requires_grad=True)
    cross_entropy(IndependentLabels(teacher).detach(), IndependentLabels(student)).sum().backward()
    assert teacher.grad is None
    expected = student.detach().softmax(-1) - teacher.detach().softmax(-1).float()
    torch.testing.assert_close(student.grad, expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_double(dtype: torch.dtype) -> None:
    emissions = _emissions(dtype)
    found = IndependentLabels(emissions).log_partition()
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, IndependentLabels(emissions.float()).log_partition(), rtol=0, atol=0)


def test_k_best_of_long_rows() -> None:
    emissions = torch.randn(3, 77, 9, generator=torch.Generator().manual_seed(0)).round(decimals=1)
    lengths = torch.tensor([77, 64, 1])
    found = IndependentLabels(emissions, lengths).topk(12)
    expected = LinearChain(emissions, torch.zeros(9, 9), lengths=lengths).topk(12)
    torch.testing.assert_close(found.scores, expected.scores)
    assert [len({tuple(labels) for labels in row}) for row in found.labels.tolist()] == [12, 12, 10]  # 9 and a missing


def test_empty_batch() -> None:
    labels = IndependentLabels(torch.zeros(0, 3, 2), torch.zeros(0, dtype=torch.long))
    assert labels.log_partition().shape == labels.entropy().shape == (0,)
    assert labels.argmax().labels.shape == (0, 3)
    assert labels.topk(2).labels.shape == (0, 2, 3)
    assert labels.sample(4).shape == (0, 4, 3)
    assert labels.window_log_prob(*torch.zeros(2, 0, dtype=torch.long), torch.ones(0, 1, 2).bool()).shape == (0,)


ALL = ["log_partition", "marginals", "argmax", "entropy"]


@pytest.mark.parametrize("call", ALL)
def test_a_word_without_a_label_is_named(call: str) -> None:
    emissions = torch.zeros(3, 2, 2)
    emissions[1, 1] = -torch.inf
    with pytest.raises(StructureError, match="row 1 has no possible output: every label of its word 1 has a score"):
        getattr(IndependentLabels(emissions), call)()


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize(("value", "name"), [(float("nan"), "NaN"), (torch.inf, re.escape("+inf"))])
def test_a_row_with_an_odd_score_is_named(call: str, value: float, name: str) -> None:
    emissions = torch.zeros(3, 2, 2)
    emissions[2, 1, 0] = value
    with pytest.raises(StructureError, match=f"row 2 has {name} among its emissions scores"):
        getattr(IndependentLabels(emissions), call)()


def test_shapes_labels_and_counts_that_make_no_sense() -> None:
    with pytest.raises(StructureError, match=r"emissions have shape \[2, 3\]. Give them as \[batch, words, labels\]"):
        IndependentLabels(torch.zeros(2, 3))
    with pytest.raises(StructureError, match=r"row 1 has length 4\. Lengths are from 1 to 3 here"):
        IndependentLabels(torch.zeros(2, 3, 3), torch.tensor([3, 4]))
    labels = IndependentLabels(torch.zeros(2, 3, 3), LENGTHS)
    with pytest.raises(StructureError, match=r"row 0 has label 3 at position 2\. Labels are from 0 to 2 here"):
        labels.log_prob(torch.tensor([[0, 0, 3], [0, 9, 9]]))
    with pytest.raises(StructureError, match=r"labels have shape \[2, 2\]"):
        labels.score(torch.zeros(2, 2, dtype=torch.long))
    with pytest.raises(StructureError, match=r"k is 0\. Ask for k of 1 or more"):
        labels.topk(0)
    with pytest.raises(StructureError, match="n is -1"):
        labels.sample(-1)
    with pytest.raises(StructureError, match=r"the target's parts have shape \[2, 3, 4\]"):
        cross_entropy(LabelParts(torch.zeros(2, 3, 4)), labels)


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


TEACHER_EMISSIONS = _double([[1, 0], [0, 0.5], [0.2, 0.4]])
TEACHER = LinearChain(
    TEACHER_EMISSIONS, _double([0.5, -0.5], [-0.25, 1]), torch.tensor([0.3, -0.3]), torch.tensor([-0.1, 0.2])
)
STUDENT_EMISSIONS = _double([[0.5, 0.1], [-0.2, 0.3], [0, 0.6]])
STUDENT = LinearChain(STUDENT_EMISSIONS, _double([0.1, 0.2], [0.3, -0.1]))


def test_chain_to_independent_labels() -> None:
    """Structural knowledge distillation, case 2a."""
    assert cross_entropy(TEACHER, IndependentLabels(STUDENT_EMISSIONS)).item() == pytest.approx(1.906812, abs=1e-6)


def test_independent_labels_to_chain() -> None:
    """Case 3."""
    assert cross_entropy(IndependentLabels(TEACHER_EMISSIONS), STUDENT).item() == pytest.approx(1.981444, abs=1e-6)


def test_posteriors_to_posteriors() -> None:
    """Posterior distillation: what both chains say of each word alone, as independent labels."""
    teacher, student = (IndependentLabels(chain.marginals().emissions.log()) for chain in (TEACHER, STUDENT))
    assert cross_entropy(teacher, student).item() == pytest.approx(1.933722, abs=1e-6)
    assert kl(teacher, student).item() == pytest.approx(0.045286, abs=1e-6)
    posteriors = LabelParts(TEACHER.marginals().emissions)
    torch.testing.assert_close(kl(posteriors, student), kl(teacher, student))


def test_parts_of_independent_labels_are_products() -> None:
    parts = IndependentLabels(_emissions(), LENGTHS).marginals()
    pairs = cross_entropy(parts, LinearChain(torch.zeros(2, 3, 3), torch.zeros(3, 3), lengths=LENGTHS))
    torch.testing.assert_close(pairs, LENGTHS * torch.log(torch.tensor(3.0)))
