"""Distributions at a temperature: proportional to p ** (1 / T), by the probabilities of all their outputs."""

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
    MeanFieldChain,
    NonProjectiveTree,
    ProjectiveTree,
    SecondOrderHeads,
    Segments,
    Structure,
)

EVERY = 220  # more than any structure here has outputs
LENGTHS = torch.tensor([2, 3])


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


ARCS, RELATIONS = _random(2, 3, 4), _random(2, 3, 4, 2)
STRUCTURES = {
    "chain": LinearChain(_random(2, 3, 3), _random(3, 3), _random(3), None, LENGTHS),
    "labels": IndependentLabels(_random(2, 3, 3), LENGTHS),
    "mean field": MeanFieldChain(_random(2, 3, 3), _random(3, 3), lengths=LENGTHS),
    "heads": IndependentHeads(ARCS, LENGTHS, RELATIONS),
    "second order": SecondOrderHeads(ARCS, _random(2, 3, 4, 3), _random(2, 3, 4, 4), LENGTHS, RELATIONS),
    "projective": ProjectiveTree(ARCS, LENGTHS, RELATIONS, single_root=False),
    "trees": NonProjectiveTree(ARCS, LENGTHS, RELATIONS, single_root=False),
    "graph": ArcGraph(_random(2, 2, 3)),
    "segments": Segments(_random(2, 3, 2, 2), _random(2, 3), _random(3, 3), LENGTHS),
}


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_all_outputs_at_a_temperature(name: str, temperature: float) -> None:
    dist = STRUCTURES[name]
    dist.log_partition(), dist.marginals(), dist.argmax()  # what it has computed must not be that of its twin
    twin = dist.tempered(temperature)
    assert type(twin) is (IndependentLabels if name == "mean field" else type(dist))
    best = dist.topk(EVERY)
    logits = torch.where(best.scores == -torch.inf, -torch.inf, best.scores / temperature)
    torch.testing.assert_close(twin.log_prob(best.outputs[:, 0]), logits.log_softmax(1)[:, 0])
    torch.testing.assert_close(twin.log_partition(), logits.logsumexp(1))
    twice = twin.topk(EVERY).scores.where(best.scores > -torch.inf, 0.0)
    torch.testing.assert_close(twice, logits.where(best.scores > -torch.inf, 0.0))


def test_gradients_pass_through_the_temperature() -> None:
    scores = ARCS.clone().requires_grad_(True)
    dist = NonProjectiveTree(scores, LENGTHS)
    dist.log_partition()
    (gradient,) = torch.autograd.grad(dist.tempered(2.0).log_partition().sum(), scores)
    torch.testing.assert_close(gradient, NonProjectiveTree(ARCS / 2, LENGTHS).marginals().arcs / 2)


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_temperature(name: str, temperature: float) -> None:
    dist: Structure[object] = STRUCTURES[name]  # type: ignore[type-var]
    with pytest.raises(StructureError, match=r"the temperature is .* Give a number above 0"):
        dist.tempered(temperature)
