"""Cross-entropies whose values are known: the toy chain of structural knowledge distillation (arXiv 2010.05010)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.structures import ChainParts, LinearChain, chain_parts, cross_entropy, independent_parts, kl


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


TEACHER = (
    _double([[1, 0], [0, 0.5], [0.2, 0.4]]),
    _double([0.5, -0.5], [-0.25, 1]),
    _double(0.3, -0.3),
    _double(-0.1, 0.2),
)
STUDENT = (_double([[0.5, 0.1], [-0.2, 0.3], [0, 0.6]]), _double([0.1, 0.2], [0.3, -0.1]))


def _teacher(temperature: float = 1.0) -> LinearChain:
    return LinearChain(*(scores / temperature for scores in TEACHER))


def _student(temperature: float = 1.0) -> LinearChain:
    return LinearChain(*(scores / temperature for scores in STUDENT))


def test_chain_to_chain() -> None:
    assert cross_entropy(_teacher(), _student()).item() == pytest.approx(2.044149, abs=1e-6)
    assert kl(_teacher(), _student()).item() == pytest.approx(0.353071, abs=1e-6)
    assert cross_entropy(_teacher(2), _student(2)).item() == pytest.approx(2.066239, abs=1e-6)


def test_chain_to_independent_words() -> None:
    student = LinearChain(STUDENT[0], torch.zeros(2, 2, dtype=torch.float64))
    assert cross_entropy(_teacher(), student).item() == pytest.approx(1.906812, abs=1e-6)


def test_independent_words_to_chain() -> None:
    assert cross_entropy(independent_parts(TEACHER[0].softmax(-1)), _student()).item() == pytest.approx(
        1.981444, abs=1e-6
    )


def test_posteriors_to_posteriors() -> None:
    teacher, student = _teacher().marginals().emissions, _student().marginals().emissions
    assert -(teacher * student.log()).sum().item() == pytest.approx(1.933722, abs=1e-6)
    assert (teacher * (teacher / student).log()).sum().item() == pytest.approx(0.045286, abs=1e-6)


def test_a_structure_its_marginals_and_what_is_known_are_all_targets() -> None:
    labels = torch.tensor([[0, 1, 1]])
    gold = cross_entropy(labels, _student())
    torch.testing.assert_close(gold, -_student().log_prob(labels))
    torch.testing.assert_close(kl(labels, _student()), gold)
    parts = chain_parts(labels, 2, dtype=torch.float64)
    torch.testing.assert_close(cross_entropy(parts, _student()), gold)
    torch.testing.assert_close(kl(parts, _student()), gold)
    marginals = _teacher().marginals()
    torch.testing.assert_close(kl(marginals, _student()), kl(_teacher(), _student()))


def test_parts_of_ragged_rows() -> None:
    parts = chain_parts(torch.tensor([[1, 0, 1], [0, -1, -1]]), 2, torch.tensor([3, 1]))
    assert isinstance(parts, ChainParts)
    assert parts.emissions.tolist() == [[[0, 1], [1, 0], [0, 1]], [[1, 0], [0, 0], [0, 0]]]
    assert parts.transitions.sum((1, 2, 3)).tolist() == [2, 0]
    assert parts.start.tolist() == [[0, 1], [1, 0]]
    assert parts.end.tolist() == [[0, 1], [1, 0]]


def test_weight_on_what_is_forbidden_is_infinitely_wrong() -> None:
    student = LinearChain(torch.tensor([[[0.0, -torch.inf], [0.0, 0.0]]]), torch.zeros(2, 2))
    assert cross_entropy(LinearChain(torch.zeros(1, 2, 2), torch.zeros(2, 2)), student).item() == torch.inf
    assert cross_entropy(torch.tensor([[1, 0]]), student).item() == torch.inf
