"""BIOES labels from spans (structural knowledge distillation, arXiv 2010.05010, case 4): known values, enumeration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import IndependentLabels, LinearChain, Segments, cross_entropy, kl
from syntagma.structures.conversions import convert
from syntagma.structures.parts import LabelParts
from syntagma.text.document import TokenSpan
from syntagma.text.label_schemes import LabelScheme


def _labels(segments: Segments) -> Tensor:
    parts = convert(segments.marginals(), LabelParts, segments.lengths)
    assert isinstance(parts, LabelParts)
    return parts.emissions


def test_known_values() -> None:
    scores = torch.tensor([[[0.5, 1.0, -0.5], [0.0, 0.8, 0.0], [-1.0, 0.0, 0.0]]], dtype=torch.float64).unsqueeze(-1)
    segments = Segments(scores)
    assert segments.log_partition().exp().item() == pytest.approx(17.465913, abs=1e-6)
    assert (segments.topk(20).scores > -torch.inf).sum() == 13
    expected = [  # O, B, I, E, S
        [0.284056, 0.247614, 0.0, 0.0, 0.468329],
        [0.207440, 0.337505, 0.034727, 0.212888, 0.207440],
        [0.458935, 0.0, 0.0, 0.372232, 0.168833],
    ]
    torch.testing.assert_close(_labels(segments)[0], torch.tensor(expected).double(), rtol=0, atol=1e-6)


def _segmentations(first: int, length: int, types: list[str], width: int) -> Iterator[list[TokenSpan]]:
    if first == length:
        yield []
        return
    yield from _segmentations(first + 1, length, types, width)
    for stop in range(first + 1, min(first + width, length) + 1):
        for rest in _segmentations(stop, length, types, width):
            for label in types:
                yield [TokenSpan(first, stop, label), *rest]


@pytest.mark.parametrize("length", range(1, 7))
@pytest.mark.parametrize("width", [1, 2, 6])
def test_enumeration_with_two_types(length: int, width: int) -> None:
    """All segmentations, written by the label scheme itself, in a batch with padding."""
    types, words = ["LOC", "PER"], 6
    generator = torch.Generator().manual_seed(length)
    spans = torch.randn(2, words, width, 2, generator=generator, dtype=torch.float64) * 2
    outside = torch.randn(2, words, generator=generator, dtype=torch.float64)
    found = _labels(Segments(spans, outside, lengths=torch.tensor([6, length])))[1]
    labels = LabelScheme.BIOES.labels(types)
    expected, total = torch.zeros_like(found), 0.0
    for segmentation in _segmentations(0, length, types, width):
        covered = {word for span in segmentation for word in range(span.first, span.stop)}
        score = sum(spans[1, s.first, s.stop - s.first - 1, types.index(s.label)] for s in segmentation)
        score = score + sum(outside[1, word] for word in range(length) if word not in covered)
        weight = torch.as_tensor(score).exp()
        total = total + weight
        for word, tag in enumerate(LabelScheme.BIOES.encode(segmentation, length)):
            expected[word, labels.index(tag)] += weight
    torch.testing.assert_close(found, expected / total)
    torch.testing.assert_close(found[:length].sum(1), torch.ones(length).double())
    assert (found[length:] == 0).all()


def test_small_probabilities_keep_their_digits() -> None:
    """A sure span beside an unlikely one: a running difference would leave only rounding of the unlikely."""
    spans = torch.full((1, 4, 4, 2), -torch.inf, dtype=torch.float64)
    spans[0, 0, 3, 0], spans[0, 0, 3, 1] = 50.0, 0.0
    found = _labels(Segments(spans))[0, :, 5:]  # the second type's
    p = torch.tensor(-50.0, dtype=torch.float64).exp().item()
    assert found.sum().item() == pytest.approx(4 * p, rel=1e-12)
    assert found[1, 1].item() == found[2, 1].item() == pytest.approx(p, rel=1e-12)


def test_distillation_into_a_tagger() -> None:
    spans = torch.randn(2, 3, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    teacher = Segments(spans.requires_grad_(True), lengths=torch.tensor([3, 2]))
    emissions = torch.zeros(2, 3, 9, dtype=torch.float64, requires_grad=True)
    student = IndependentLabels(emissions, torch.tensor([3, 2]))
    gradient = torch.autograd.grad(cross_entropy(teacher.detach(), student).sum(), emissions)[0]
    expected = student.marginals().emissions - _labels(teacher.detach())
    torch.testing.assert_close(gradient, expected.detach())
    itself = IndependentLabels(_labels(teacher.detach()).log().where(emissions == 0, 0.0)[:1])
    entropy = LabelParts(_labels(teacher.detach())[:1]).entropy()
    torch.testing.assert_close(cross_entropy(Segments(spans[:1].detach()), itself), entropy)
    (through,) = torch.autograd.grad(cross_entropy(teacher, student).sum(), spans)
    assert torch.isfinite(through).all()


def test_what_spans_do_not_say() -> None:
    segments = Segments(torch.zeros(1, 2, 2, 1))
    with pytest.raises(StructureError, match="SpanParts say nothing about ChainParts"):
        cross_entropy(segments, LinearChain(torch.zeros(1, 2, 5), torch.zeros(5, 5)))
    with pytest.raises(StructureError, match=r"the target's parts have shape \[1, 2, 5\]"):
        cross_entropy(segments, IndependentLabels(torch.zeros(1, 2, 4)))
    with pytest.raises(StructureError, match="SpanParts, which do not fix its entropy"):
        kl(segments.marginals(), segments)
