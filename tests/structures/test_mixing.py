"""A mixed target has the value and the gradients of the two losses that it stands for, in every structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from syntagma.structures import (
    ArcGraph,
    IndependentHeads,
    IndependentLabels,
    LinearChain,
    NonProjectiveTree,
    ProjectiveTree,
    Segments,
    Structure,
    cross_entropy,
)
from syntagma.structures.mixing import mix

LENGTHS = torch.tensor([4, 1, 3])
BATCH, WORDS = 3, 4
ARCS = (BATCH, WORDS, 1 + WORDS)
MADE: dict[str, tuple[list[tuple[int, ...]], Callable[..., Structure[Any]]]] = {
    "chain": (
        [(BATCH, WORDS, 3), (3, 3), (3,), (3,)],
        lambda e, t, a, z: LinearChain(e, t, a, z, LENGTHS),
    ),
    "chain with a table a position": (
        [(BATCH, WORDS, 3), (BATCH, WORDS - 1, 3, 3)],
        lambda e, t: LinearChain(e, t, None, None, LENGTHS),
    ),
    "labels": ([(BATCH, WORDS, 3)], lambda e: IndependentLabels(e, LENGTHS)),
    "heads": ([ARCS], lambda a: IndependentHeads(a, LENGTHS)),
    "heads with relations": ([ARCS, (*ARCS, 2)], lambda a, r: IndependentHeads(a, LENGTHS, r)),
    "a word's head with its relation": (  # as many numbers as a graph of one word has
        [(BATCH, 1, 2), (BATCH, 1, 2, 2)],
        lambda a, r: IndependentHeads(a, None, r),
    ),
    "trees": ([ARCS, (*ARCS, 2)], lambda a, r: NonProjectiveTree(a, LENGTHS, r)),
    "projective trees": ([ARCS], lambda a: ProjectiveTree(a, LENGTHS)),
    "graph": ([ARCS], lambda a: ArcGraph(a, LENGTHS)),
    "graph with relations": ([ARCS, (*ARCS, 2)], lambda a, r: ArcGraph(a, LENGTHS, r)),
    "segments": (
        [(BATCH, WORDS, WORDS, 2), (BATCH, WORDS)],
        lambda s, o: Segments(s, o, None, LENGTHS),
    ),
    "segments that know their neighbours": (
        [(BATCH, WORDS, 2, 2), (BATCH, WORDS), (3, 3)],
        lambda s, o, t: Segments(s, o, t, LENGTHS),
    ),
}


def _scores(kind: str, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in MADE[kind][0]]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", MADE)
def test_one_cross_entropy_is_both_losses(kind: str, share: float) -> None:
    make = MADE[kind][1]
    teacher = make(*_scores(kind, 1)).expected_parts()
    generator = torch.Generator().manual_seed(3)
    for draw in make(*_scores(kind, 4)).sample(4, generator).unbind(1):
        gradients = []
        for together in (True, False):
            scores = [each.requires_grad_() for each in _scores(kind, 2)]
            student = make(*scores)
            if together:
                loss = cross_entropy(mix(teacher, draw, share, student), student)
            else:
                loss = share * cross_entropy(teacher, student) + (1 - share) * cross_entropy(draw, student)
            loss.sum().backward()
            gradients.append([loss.detach(), *(each.grad for each in scores)])
        for mixed, expected in zip(*gradients, strict=True):
            torch.testing.assert_close(mixed, expected, rtol=1e-10, atol=1e-10)


def test_the_target_of_the_teacher_is_left_as_it_was() -> None:
    dist = MADE["chain"][1](*_scores("chain", 1))
    teacher = dist.expected_parts()
    before = [part.clone() for part in teacher]
    mix(teacher, dist.argmax().outputs, 0.5, dist)
    for part, copy in zip(teacher, before, strict=True):
        assert torch.equal(part, copy)
