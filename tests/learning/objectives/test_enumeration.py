"""Every case of structural distillation against all outputs, written out: ragged batches, one word among them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from syntagma.learning.objectives import (
    Objective,
    Posterior,
    Prepared,
    Structural,
    Temperature,
    Token,
    TopK,
    WeightedTopK,
)
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
from syntagma.structures.conversions import Alignment, convert_outputs

Scores = Callable[..., Tensor]
Dist = Structure[Any]


def _chain(scores: Scores, batch: int, words: int, lengths: Tensor) -> LinearChain:
    return LinearChain(scores(batch, words, 3), scores(3, 3), scores(3), scores(3), lengths)


def _labels(scores: Scores, batch: int, words: int, lengths: Tensor) -> IndependentLabels:
    return IndependentLabels(scores(batch, words, 3), lengths)


def _tables(scores: Scores, batch: int, words: int, lengths: Tensor) -> LinearChain:
    return LinearChain(scores(batch, words, 3), scores(batch, words - 1, 3, 3), None, None, lengths)


def _mean_field(scores: Scores, batch: int, words: int, lengths: Tensor) -> MeanFieldChain:
    return MeanFieldChain(scores(batch, words, 3), scores(3, 3), scores(3), None, lengths)


def _heads(scores: Scores, batch: int, words: int, lengths: Tensor) -> IndependentHeads:
    return IndependentHeads(scores(batch, words, 1 + words), lengths, scores(batch, words, 1 + words, 2))


def _relative(scores: Scores, batch: int, words: int, lengths: Tensor) -> IndependentHeads:
    """Parsing as sequence labelling: scores of (offset, relation) only, never of a head three words to the left."""
    relations = scores(batch, words, 1 + words, 2)
    offsets = torch.arange(1 + words) - torch.arange(1, 1 + words).unsqueeze(1)
    relations = relations.masked_fill((offsets == -3).unsqueeze(-1), -torch.inf)
    return IndependentHeads(torch.zeros(batch, words, 1 + words).double(), lengths, relations)


def _second_order(scores: Scores, batch: int, words: int, lengths: Tensor) -> SecondOrderHeads:
    heads = 1 + words
    tables = scores(batch, words, heads, words), scores(batch, words, heads, heads)
    return SecondOrderHeads(scores(batch, words, heads), *tables, lengths, scores(batch, words, heads, 2))


def _trees(scores: Scores, batch: int, words: int, lengths: Tensor) -> NonProjectiveTree:
    return NonProjectiveTree(scores(batch, words, 1 + words), lengths, scores(batch, words, 1 + words, 2))


def _projective(scores: Scores, batch: int, words: int, lengths: Tensor) -> ProjectiveTree:
    return ProjectiveTree(scores(batch, words, 1 + words), lengths, scores(batch, words, 1 + words, 2))


def _spans(scores: Scores, batch: int, words: int, lengths: Tensor) -> Segments:
    return Segments(scores(batch, words, words, 1), scores(batch, words), None, lengths)


def _bioes(scores: Scores, batch: int, words: int, lengths: Tensor) -> IndependentLabels:
    return IndependentLabels(scores(batch, words, 5), lengths)


def _graph(scores: Scores, batch: int, words: int, lengths: Tensor) -> ArcGraph:
    return ArcGraph(scores(batch, words, 1 + words), lengths, scores(batch, words, 1 + words, 1))


CASES = {
    "1a chain to chain": (_chain, _chain),
    "1a chain to chain with a table a position": (_chain, _tables),
    "1b heads to relative heads": (_heads, _relative),
    "1b trees to relative heads": (_projective, _relative),
    "2a chain to labels": (_chain, _labels),
    "2a chain to mean field": (_chain, _mean_field),
    "2b second order to heads": (_second_order, _heads),
    "2b second order to relative heads": (_second_order, _relative),
    "3 labels to chain": (_labels, _chain),
    "3 mean field to chain": (_mean_field, _chain),
    "4 spans to labels": (_spans, _bioes),
    "spans to spans": (_spans, _spans),
    "trees to trees": (_projective, _trees),
    "graph to graph": (_graph, _graph),
}
LENGTHS = torch.tensor([4, 1, 3])


def _pair(case: str, seed: int, lengths: Tensor = LENGTHS) -> tuple[Dist, Dist, Alignment]:
    generator = torch.Generator().manual_seed(seed)

    def scores(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    teacher, student = CASES[case]
    words = int(lengths.max())
    made = teacher(scores, len(lengths), words, lengths), student(scores, len(lengths), words, lengths)
    count = {_chain: 3, _tables: 3, _labels: 3, _mean_field: 3, _bioes: 5, _spans: 1, _graph: 1}.get(student, 2)
    return *made, Alignment(torch.arange(count), count)


def _outputs(case: str, lengths: Tensor) -> int:
    """More than any row of the teacher has outputs."""
    return 1 + 2 ** int(lengths.max() ** 2) if "graph" in case else 220


def _lengths(case: str) -> Tensor:
    return torch.tensor([2, 1, 3]) if "graph" in case or "heads" in case or "trees" in case else LENGTHS


def _by_enumeration(teacher: Dist, student: Dist, labels: Alignment, count: int) -> Tensor:
    """`- sum over y of p_teacher(y) log p_student(y)` given that the student can have each word's part."""
    best = teacher.topk(count)
    assert bool((best.scores[:, -1] == -torch.inf).all()), "these are not all outputs"
    outputs = convert_outputs(best.outputs, teacher, student, labels.index)
    there = (best.scores > -torch.inf).view(*best.scores.shape, *[1] * (outputs.dim() - 2))
    q = student.log_prob(outputs.where(there, outputs[:, :1]))
    p = (best.scores - teacher.log_partition().unsqueeze(1)).exp()
    return -(p * q.where(p > 0, 0.0)).sum(1)


@pytest.mark.parametrize("case", [case for case in CASES if "relative" not in case])
@pytest.mark.parametrize("seed", range(2))
def test_the_loss_is_that_of_all_outputs(case: str, seed: int) -> None:
    lengths = _lengths(case)
    teacher, student, labels = _pair(case, seed, lengths)
    prepared = Structural().target(teacher, student, labels)
    assert prepared.lost.abs().max() < 1e-12
    expected = _by_enumeration(teacher, student, labels, _outputs(case, lengths))
    torch.testing.assert_close(Structural().loss(prepared.target, student), expected)


@pytest.mark.parametrize("case", [case for case in CASES if "relative" in case])
def test_relative_heads_by_enumeration_of_each_word_s(case: str) -> None:
    """The teacher's heads of a word that the student has a label for, normalised again."""
    teacher, student, labels = _pair(case, 1)
    prepared = Structural().target(teacher, student, labels)
    p, q = teacher.expected_parts().relations, student.expected_parts().relations
    expected, lost = torch.zeros(3).double(), torch.zeros(3).double()
    for row, length in enumerate(LENGTHS.tolist()):
        for word in range(length):
            pairs = list(itertools.product(range(1 + length), range(2)))
            allowed = [(h, r) for h, r in pairs if h != word + 1 and h - word - 1 != -3]
            mass = sum(p[row, word, h, r] for h, r in allowed)
            lost[row] += (1 - mass) / length
            expected[row] -= sum(p[row, word, h, r] / mass * q[row, word, h, r].log() for h, r in allowed)
    torch.testing.assert_close(Structural().loss(prepared.target, student), expected)
    torch.testing.assert_close(prepared.lost, lost)
    assert lost[0] > 0 == lost[1]


OBJECTIVES: list[Objective] = [
    Structural(),
    Structural(Temperature(2.0)),
    Structural(Temperature(2.0, "local")),
    Posterior(),
    Posterior(Temperature(2.0)),
    Posterior(Temperature(2.0, "local")),
    Token(),
    TopK(3),
    WeightedTopK(4, Temperature(2.0)),
]


def _named(objective: Objective) -> str:
    temperature = getattr(objective, "temperature", Temperature())
    return f"{type(objective).__name__} at {temperature.value:g} {temperature.kind}"


def _possible(case: str, objective: Objective) -> bool:
    if not case.endswith("to spans"):
        return True
    local = isinstance(objective, Structural) and objective.temperature.kind == "local"
    return not isinstance(objective, Posterior | Token) and not local


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("objective", OBJECTIVES, ids=_named)
def test_padding_and_neighbours_in_the_batch_change_nothing(case: str, objective: Objective) -> None:
    if not _possible(case, objective):
        return
    teacher, student, labels = _pair(case, 3)
    together = objective.target(teacher, student, labels)
    losses = objective.loss(together.target, student)
    assert torch.isfinite(losses).all()
    for row, length in enumerate(LENGTHS.tolist()):
        rows = [_alone(dist, row, length) for dist in (teacher, student)]
        prepared = objective.target(*rows, labels)
        torch.testing.assert_close(objective.loss(prepared.target, rows[1]), losses[row : row + 1])
        torch.testing.assert_close(prepared.lost, together.lost[row : row + 1])


def _alone(dist: Dist, row: int, length: int) -> Dist:
    """One row of a batch without its padding."""

    def cut(scores: Tensor | None, *sizes: int) -> Tensor | None:
        return None if scores is None else scores[(slice(row, row + 1), *map(slice, sizes))]

    if isinstance(dist, LinearChain):
        tables = dist.transitions if dist.transitions.dim() == 2 else cut(dist.transitions, length - 1)
        return LinearChain(cut(dist.emissions, length), tables, dist.start, dist.end)  # type: ignore[arg-type]
    if isinstance(dist, IndependentLabels):
        return IndependentLabels(cut(dist.emissions, length))  # type: ignore[arg-type]
    if isinstance(dist, Segments):
        return Segments(cut(dist.spans, length, length), cut(dist.outside, length))  # type: ignore[arg-type]
    scores = dist.arc_scores  # type: ignore[attr-defined]
    kind = IndependentHeads if isinstance(dist, SecondOrderHeads) else type(dist)
    found: Dist = kind(cut(scores.arcs, length, 1 + length), None, cut(scores.relations, length, 1 + length))
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("objective", OBJECTIVES[:1] + OBJECTIVES[3:4], ids=_named)
def test_a_student_that_is_its_teacher_is_at_rest(case: str, objective: Objective) -> None:
    """The loss is the entropy there and its gradient 0; every other student has a higher one."""
    teacher, other, labels = _pair(case, 4)
    if type(teacher) is not type(other) or case.startswith(("1b", "2b")) or not _possible(case, objective):
        return
    twin = _learning(teacher)
    prepared = objective.target(teacher, twin, labels)
    loss = objective.loss(prepared.target, twin)
    for gradient in torch.autograd.grad(loss.sum(), _tensors(twin), allow_unused=True):
        assert gradient is None or gradient.abs().max() < 1e-9
    if isinstance(objective, Structural):
        torch.testing.assert_close(loss.detach(), teacher.entropy())
    assert (objective.loss(prepared.target, other) > loss + 1e-6).all()


def _learning(dist: Dist) -> Dist:
    twin = dist.tempered(1.0)
    for scores in _tensors(twin):
        scores.requires_grad_(True)
    return type(twin)(*_arguments(twin))


def _arguments(dist: Dist) -> tuple[Any, ...]:
    if isinstance(dist, LinearChain):
        return dist.emissions, dist.transitions, dist.start, dist.end, dist.lengths
    if isinstance(dist, IndependentLabels):
        return dist.emissions, dist.lengths
    if isinstance(dist, Segments):
        return dist.spans, dist.outside, dist.transitions, dist.lengths
    return dist.arc_scores.arcs, dist.lengths, dist.arc_scores.relations  # type: ignore[attr-defined]


def _tensors(dist: Dist) -> list[Tensor]:
    return [scores for scores in _arguments(dist) if scores is not None and scores.is_floating_point()]


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_is_the_difference_of_marginals_and_none_flows_into_the_teacher(case: str) -> None:
    teacher, student, labels = _pair(case, 5)
    for scores in _tensors(teacher):
        if scores.is_leaf:
            scores.requires_grad_(True)
    student = _learning(student)
    prepared: Prepared = Structural().target(teacher, student, labels)
    assert not any(part.requires_grad for part in prepared.target if part is not None)
    loss = Structural().loss(prepared.target, student).sum()
    gradients = torch.autograd.grad(loss, _tensors(student), allow_unused=True)
    mine, its = student.expected_parts(), prepared.target
    pairs = zip(_tensors(student), gradients, strict=True)
    found = {tuple(scores.shape): gradient for scores, gradient in pairs}
    if isinstance(student, LinearChain):
        torch.testing.assert_close(found[tuple(student.emissions.shape)], (mine[0] - its[0]).detach())
        if student.transitions.dim() == 4:
            torch.testing.assert_close(found[tuple(student.transitions.shape)], (mine[1] - its[1]).detach())
        return
    for part, (scores, gradient) in zip(range(2), zip(_tensors(student), gradients, strict=True), strict=False):
        expected = (mine[part] - its[part]).detach()
        torch.testing.assert_close(gradient, expected.where(scores.detach() > -torch.inf, 0.0))
