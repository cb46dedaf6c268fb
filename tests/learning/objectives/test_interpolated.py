"""Teacher's and gold's loss in one: every objective's is the sum of the two, in value and in gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from syntagma.learning.objectives import (
    Average,
    Objective,
    Posterior,
    Structural,
    Temperature,
    Token,
    TopK,
    WeightedTopK,
)
from syntagma.structures import IndependentHeads, IndependentLabels, LinearChain, NonProjectiveTree, Structure
from syntagma.structures.conversions import Alignment
from syntagma.structures.divergence import cross_entropy

LENGTHS = torch.tensor([4, 1, 3])
SHARE = 0.3
OBJECTIVES: dict[str, Objective] = {
    "structural": Structural(),
    "structural, global": Structural(Temperature(2.0)),
    "structural, local": Structural(Temperature(2.0, "local")),
    "posterior": Posterior(),
    "token": Token(),
    "top-k": TopK(3),
    "weighted top-k": WeightedTopK(3),
    "weighted top-k, softer": WeightedTopK(3, Temperature(2.0)),
}
STUDENTS: dict[str, tuple[list[tuple[int, ...]], Callable[..., Structure[Any]], int]] = {
    "chain": ([(3, 4, 3), (3, 3)], lambda e, t: LinearChain(e, t, None, None, LENGTHS), 3),
    "labels": ([(3, 4, 3)], lambda e: IndependentLabels(e, LENGTHS), 3),
    "heads": ([(3, 4, 5), (3, 4, 5, 2)], lambda a, r: IndependentHeads(a, LENGTHS, r), 2),
    "trees": ([(3, 4, 5), (3, 4, 5, 2)], lambda a, r: NonProjectiveTree(a, LENGTHS, r), 2),
}


def _scores(student: str, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in STUDENTS[student][0]]


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("name", [*OBJECTIVES, "mean of two"])
def test_it_is_the_sum_of_the_two_losses(name: str, student: str) -> None:
    objectives = [Posterior(), WeightedTopK(2)] if name == "mean of two" else [OBJECTIVES[name]]
    together = Average(objectives)
    make, count = STUDENTS[student][1:]
    teacher = make(*_scores(student, 1))
    gold = make(*_scores(student, 3)).argmax().outputs
    labels = Alignment(torch.arange(count), count)
    targets = [each.target(teacher, make(*_scores(student, 2)), labels).target for each in objectives]
    found = []
    for at_once in (True, False):
        scores = [each.requires_grad_() for each in _scores(student, 2)]
        dist = make(*scores)
        if at_once:
            loss = together.interpolated(targets, gold, SHARE, dist)
        else:
            loss = SHARE * together.loss(targets, dist) + (1 - SHARE) * cross_entropy(gold, dist)
        loss.sum().backward()
        found.append([loss.detach(), *(each.grad for each in scores)])
    for mixed, expected in zip(*found, strict=True):
        torch.testing.assert_close(mixed, expected, rtol=1e-6, atol=1e-6)  # weights of k best are in single precision
