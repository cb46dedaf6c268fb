"""Targets kept to what a structure allows, against the enumeration of all that it allows."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from syntagma.structures import (
    ArcGraph,
    ArcParts,
    ChainParts,
    IndependentHeads,
    IndependentLabels,
    LabelParts,
    LinearChain,
    Segments,
    SpanParts,
    cross_entropy,
    independent_parts,
)
from syntagma.structures.conversions import restrict

LENGTHS = torch.tensor([3, 1])
NEVER = -torch.inf


def _random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape) + seed), dtype=torch.float64)


def _constrained() -> LinearChain:
    emissions, transitions, start, end = _random(2, 3, 3), _random(3, 3), _random(3), _random(3, seed=1)
    transitions[0, 2] = transitions[2, 1] = start[2] = end[1] = NEVER
    emissions[0, 1, 0] = NEVER
    return LinearChain(emissions, transitions, start, end, LENGTHS)


@pytest.mark.parametrize("kind", ["independent", "chain"])
def test_a_chain_is_conditioned_exactly(kind: str) -> None:
    """Case 3 with constraints: all label sequences of the teacher that the student allows, normalised again."""
    student = _constrained()
    if kind == "independent":
        teacher: LinearChain = LinearChain(_random(2, 3, 3, seed=2), torch.zeros(3, 3).double(), lengths=LENGTHS)
        parts = independent_parts(teacher.marginals().emissions, LENGTHS)
    else:
        teacher = LinearChain(_random(2, 3, 3, seed=2), _random(3, 3, seed=2), lengths=LENGTHS)
        parts = teacher.expected_parts()
    assert cross_entropy(parts, student)[0] == torch.inf
    kept, lost = restrict(parts, student)
    for row, length in enumerate(LENGTHS.tolist()):
        paths = torch.tensor(list(itertools.product(range(3), repeat=length)))
        padded = torch.zeros(2, len(paths), 3, dtype=torch.int64)
        padded[row, :, :length] = paths
        p, q = teacher.log_prob(padded)[row], student.log_prob(padded)[row]
        allowed = q > NEVER
        torch.testing.assert_close(lost[row], 1 - p[allowed].exp().sum())
        expected = -(p[allowed].softmax(0) * q[allowed]).sum()
        torch.testing.assert_close(cross_entropy(kept, student)[row], expected)


def test_what_is_allowed_is_left_as_it_is() -> None:
    teacher, student = LinearChain(_random(2, 3, 3), _random(3, 3), lengths=LENGTHS), _constrained()
    masked = LinearChain(
        _random(2, 3, 3, seed=3).where(student.emissions > NEVER, NEVER),
        _random(3, 3, seed=3).where(student.transitions > NEVER, NEVER),
        student.start,
        student.end,
        LENGTHS,
    )
    parts = masked.expected_parts()
    assert restrict(parts, student).parts is parts
    parts = teacher.expected_parts()
    kept, lost = restrict(parts, LinearChain(_random(2, 3, 3), _random(3, 3), lengths=LENGTHS))
    assert kept is parts
    assert lost.tolist() == [0, 0]


def test_words_with_forbidden_labels() -> None:
    emissions = torch.tensor([[[0.0, NEVER, 0.0], [0.0, 0.0, 0.0]], [[NEVER, 0.0, 0.0], [NEVER] * 3]]).double()
    student = IndependentLabels(emissions, torch.tensor([2, 1]))
    teacher = torch.tensor([[[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]], [[1.0, 0.0, 0.0], [0.0] * 3]]).double()
    kept, lost = restrict(LabelParts(teacher), student)
    expected = torch.tensor([[[0.625, 0.0, 0.375], [0.1, 0.2, 0.7]], [[0.0, 0.5, 0.5], [0.0] * 3]]).double()
    torch.testing.assert_close(kept[0], expected)  # of the second row nothing is left: no preference
    torch.testing.assert_close(lost, torch.tensor([0.1, 1.0]).double())


def test_heads_that_were_never_seen() -> None:
    """Case 1b: mass on pairs of offset and relation that the student has no label for."""
    arcs, relations = torch.zeros(2, 3, 4).double(), _random(2, 3, 4, 2)
    relations[0, 0, 2, 1] = relations[0, 1, 0] = NEVER
    student = IndependentHeads(arcs, LENGTHS, relations)
    teacher = IndependentHeads(_random(2, 3, 4), LENGTHS, _random(2, 3, 4, 2, seed=1))
    kept, lost = restrict(teacher.expected_parts(), student)
    assert isinstance(kept, ArcParts)
    torch.testing.assert_close(kept.arcs.sum(-1), (torch.arange(3) < LENGTHS.unsqueeze(1)).double())
    assert lost[1] == 0 < lost[0]
    p = teacher.expected_parts()
    assert p.relations is not None
    torch.testing.assert_close(lost[0], (p.relations[0, 0, 2, 1] + p.relations[0, 1, 0].sum()) / 3)
    for row, length in enumerate(LENGTHS.tolist()):
        total = 0.0
        for word in range(length):
            q = student.expected_parts().relations
            assert q is not None
            allowed = q[row, word] > 0
            mine = p.relations[row, word][allowed]
            total -= float((mine / mine.sum() * q[row, word][allowed].log()).sum())
        assert cross_entropy(kept, student)[row].item() == pytest.approx(total)


def test_relations_that_the_student_lacks_are_left_out() -> None:
    teacher = IndependentHeads(_random(2, 3, 4), LENGTHS, _random(2, 3, 4, 2, seed=1))
    student = IndependentHeads(_random(2, 3, 4, seed=5), LENGTHS)
    kept, lost = restrict(teacher.expected_parts(), student)
    assert isinstance(kept, ArcParts)
    assert kept.relations is None
    assert lost.tolist() == [0, 0]
    torch.testing.assert_close(kept.arcs, teacher.expected_parts().arcs)
    graph = restrict(
        ArcGraph(_random(2, 3, 4), LENGTHS, _random(2, 3, 4, 2)).expected_parts(), ArcGraph(_random(2, 3, 4))
    )
    assert isinstance(graph.parts, ArcParts)
    assert graph.parts.relations is None


def test_forbidden_arcs_of_graphs_are_taken_out() -> None:
    scores = torch.zeros(1, 2, 3).double()
    scores[0, 0, 0] = NEVER
    teacher = ArcGraph(torch.zeros(1, 2, 3).double())
    kept, lost = restrict(teacher.expected_parts(), ArcGraph(scores))
    assert kept[0].tolist() == [[[0.0, 0.0, 0.5], [0.5, 0.5, 0.0]]]
    assert lost.tolist() == [0.25]


def test_spans_that_are_too_wide_become_uncovered_words() -> None:
    """All segmentations of the teacher, with the spans erased that the student cannot have."""
    teacher = Segments(_random(2, 3, 3, 2), _random(2, 3), lengths=LENGTHS)
    scores = _random(2, 3, 2, 2, seed=4)
    scores[:, 0, 0, 1] = NEVER
    student = Segments(scores, lengths=LENGTHS)
    kept, lost = restrict(teacher.expected_parts(), student)
    assert isinstance(kept, SpanParts)
    best = teacher.topk(200)
    erased = torch.zeros(2, dtype=torch.float64)
    found = torch.zeros(2, dtype=torch.float64)
    for row in range(2):
        for output, score in zip(best.outputs[row], best.scores[row], strict=True):
            if score == NEVER:
                continue
            output = output.clone()
            wrong = (output[:, 0] > 2) | ((output[:, 0] == 1) & (output[:, 1] == 1) & (torch.arange(3) == 0))
            p = (score - teacher.log_partition()[row]).exp()
            erased[row] += p * output[wrong, 0].sum() / LENGTHS[row]
            output[wrong] = torch.tensor([0, -1])
            both = output.expand(2, -1, -1).clone()
            both[1 - row, :, 0], both[1 - row, :, 1] = 0, -1
            found[row] -= p * student.log_prob(both)[row]
    torch.testing.assert_close(lost, erased)
    torch.testing.assert_close(cross_entropy(kept, student), found)


def test_parts_of_another_kind_are_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="LabelParts are not the parts of LinearChain"):
        restrict(LabelParts(torch.ones(2, 3, 3)), _constrained())
    assert isinstance(restrict(_constrained().expected_parts(), _constrained()).parts, ChainParts)
