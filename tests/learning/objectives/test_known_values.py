"""The values that the two papers' examples have (arXiv 2010.05010, 2004.03846), through the objectives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.learning.objectives import (
    Average,
    Interpolation,
    Objective,
    Paths,
    Posterior,
    Structural,
    Temperature,
    Token,
    TopK,
    WeightedTopK,
)
from syntagma.structures import IndependentLabels, LinearChain, Segments, Structure
from syntagma.structures.conversions import Alignment

SAME = Alignment(torch.arange(2), 2)


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


TEACHER = LinearChain(
    _double([[1, 0], [0, 0.5], [0.2, 0.4]]),
    _double([0.5, -0.5], [-0.25, 1]),
    _double(0.3, -0.3),
    _double(-0.1, 0.2),
)
STUDENT = LinearChain(_double([[0.5, 0.1], [-0.2, 0.3], [0, 0.6]]), _double([0.1, 0.2], [0.3, -0.1]))
WORDS = IndependentLabels(STUDENT.emissions)


def _loss(objective: Objective, teacher: Structure[object], student: Structure[object]) -> float:
    prepared = objective.target(teacher, student, SAME)
    assert prepared.lost.tolist() == [0]
    return objective.loss(prepared.target, student).item()


@pytest.mark.parametrize(
    ("objective", "teacher", "student", "value"),
    [
        (Structural(), TEACHER, STUDENT, 2.044149),  # case 1a
        (Structural(Temperature(2)), TEACHER, STUDENT, 4 * 2.066239),
        (Structural(Temperature(2, "local")), TEACHER, STUDENT, 4 * 2.070385),
        (Structural(), TEACHER, WORDS, 1.906812),  # case 2a
        (Posterior(), TEACHER, WORDS, 1.906812),  # the same by construction
        (Posterior(), TEACHER, STUDENT, 1.933722),
        (Structural(), IndependentLabels(TEACHER.emissions), STUDENT, 1.981444),  # case 3
    ],
)
def test_structural_distillation(
    objective: Objective, teacher: Structure[object], student: Structure[object], value: float
) -> None:
    assert _loss(objective, teacher, student) == pytest.approx(value, abs=4e-6)


def test_token_distillation_looks_at_emissions_alone() -> None:
    expected = -(TEACHER.emissions.softmax(-1) * STUDENT.emissions.log_softmax(-1)).sum().item()
    assert _loss(Token(), TEACHER, STUDENT) == pytest.approx(expected)
    softer = -((TEACHER.emissions / 3).softmax(-1) * (STUDENT.emissions / 3).log_softmax(-1)).sum().item()
    for kind in ("global", "local"):
        assert _loss(Token(Temperature(3, kind)), TEACHER, WORDS) == pytest.approx(9 * softer)  # type: ignore[arg-type]


def test_posteriors_at_a_temperature_as_the_code_of_the_paper_has_it() -> None:
    q_t, q_s = (dist.marginals().emissions ** 0.5 for dist in (TEACHER, STUDENT))
    q_t, q_s = (q / q.sum(-1, keepdim=True) for q in (q_t, q_s))
    found = _loss(Posterior(Temperature(2, "local")), TEACHER, STUDENT)
    assert found == pytest.approx(4 * -(q_t * q_s.log()).sum().item())


def test_spans_to_words() -> None:
    """Case 4: three words, one type, 13 segmentations."""
    scores = torch.tensor([[[0.5, 1.0, -0.5], [0.0, 0.8, 0.0], [-1.0, 0.0, 0.0]]]).double().unsqueeze(-1)
    student = IndependentLabels(torch.linspace(-1, 1, 15).view(1, 3, 5).double())
    labels = Alignment(torch.arange(5), 5)
    target = Structural().target(Segments(scores), student, labels).target
    expected = _double(  # O, B, I, E, S
        [0.284056, 0.247614, 0.0, 0.0, 0.468329],
        [0.207440, 0.337505, 0.034727, 0.212888, 0.207440],
        [0.458935, 0.0, 0.0, 0.372232, 0.168833],
    )
    torch.testing.assert_close(target[0][0], expected, rtol=0, atol=1e-6)
    value = -(expected * student.emissions[0].log_softmax(-1)).sum().item()
    for objective in (Structural(), Posterior(), Token()):
        prepared = objective.target(Segments(scores), student, labels)
        assert objective.loss(prepared.target, student).item() == pytest.approx(value, abs=1e-5)


EXAMPLE = LinearChain(  # labels F, T; the first factor is 1
    torch.zeros(1, 3, 2).double(),
    torch.stack([_double([2, 0.5], [0.5, 2]), _double([1 / 3, 3], [4, 1 / 4])]).log().unsqueeze(0),
)


def test_worked_example_of_multilingual_distillation() -> None:
    assert EXAMPLE.log_partition().exp().item() == pytest.approx(18.958333, abs=1e-6)
    target = WeightedTopK(2).target(EXAMPLE, STUDENT, SAME).target
    assert isinstance(target, Paths)
    assert target.outputs.tolist() == [[[1, 1, 0], [0, 0, 1]]]
    assert EXAMPLE.log_prob(target.outputs).exp().tolist()[0] == pytest.approx([0.422, 0.316], abs=1e-3)
    assert target.log_weights.exp().tolist()[0] == pytest.approx([0.57, 0.43], abs=5e-3)
    posteriors = Posterior().target(EXAMPLE, WORDS, SAME).target
    assert posteriors[0][0, :, 0].tolist() == pytest.approx([0.46, 0.44, 0.57], abs=5e-3)


def test_top_k_and_weighted_top_k() -> None:
    losses = -STUDENT.log_prob(torch.tensor([[[1, 1, 0], [0, 0, 1]]]))
    weights = EXAMPLE.log_prob(torch.tensor([[[1, 1, 0], [0, 0, 1]]])).softmax(1)
    assert _loss(TopK(2), EXAMPLE, STUDENT) == pytest.approx(losses.mean().item())
    assert _loss(WeightedTopK(2), EXAMPLE, STUDENT) == pytest.approx((weights * losses).sum().item())
    best = EXAMPLE.argmax().labels
    for objective in (TopK(1), WeightedTopK(1)):
        assert _loss(objective, EXAMPLE, STUDENT) == pytest.approx(-STUDENT.log_prob(best).item())
    assert _loss(TopK(20), EXAMPLE, STUDENT) == pytest.approx(-STUDENT.log_prob(EXAMPLE.topk(8).labels).mean().item())


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_weighted_top_k_of_all_outputs_is_structural(temperature: float) -> None:
    softer = Temperature(temperature)
    for k in (8, 20):
        found = _loss(WeightedTopK(k, softer), TEACHER, STUDENT)
        assert found == pytest.approx(_loss(Structural(softer), TEACHER, STUDENT), rel=1e-6)
    errors = [
        abs(_loss(WeightedTopK(k), TEACHER, TEACHER) - TEACHER.entropy().item()) for k in range(1, 9)
    ]  # of a student that is the teacher, every further output helps
    assert errors == sorted(errors, reverse=True)


def test_posterior_and_weighted_top_k_together() -> None:
    objectives = [Posterior(), WeightedTopK(3)]
    targets = [one.target(TEACHER, STUDENT, SAME).target for one in objectives]
    losses = [one.loss(target, STUDENT) for one, target in zip(objectives, targets, strict=True)]
    torch.testing.assert_close(Average(objectives).loss(targets, STUDENT), (losses[0] + losses[1]) / 2)


def test_interpolation() -> None:
    """`max(0, 1 - tau * epoch / 100)` over a hundred epochs: 1 at first, 0 from epoch 100 / tau on."""
    for tau in (0.5, 1.0, 1.5, 10.0):
        values = [Interpolation(tau).at(epoch / 100) for epoch in range(301)]
        assert values[0] == 1.0
        assert values == sorted(values, reverse=True)
        end = -(-100 // tau)
        assert all((value == 0.0) == (epoch >= end) for epoch, value in enumerate(values))
    assert Interpolation(0.0, 0.25).at(0.7) == 0.25
