"""Every call of flat segmentations, by every kernel, against the enumeration of all of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.structures import Segments, SpanParts, cross_entropy, kl
from syntagma.structures.kernels.dispatch import Kernel, use_kernel

SMALL = settings(max_examples=50, deadline=None)
KERNELS: list[Kernel] = ["reference", "cpu"] if find_spec("numba") else ["reference"]

Segmentation = tuple[tuple[int, int, int], ...]  # (first word, words, label) of each segment; uncovered: label -1


@dataclass
class Case:
    """Scores of a ragged batch in which every row has a segmentation."""

    spans: Tensor
    outside: Tensor | None
    transitions: Tensor | None
    lengths: Tensor
    kernel: Kernel

    @property
    def segments(self) -> Segments:
        return Segments(self.spans, self.outside, self.transitions, self.lengths)

    @property
    def tolerance(self) -> dict[str, float]:
        precise = self.spans.dtype == torch.float64
        return {"rtol": 1e-10, "atol": 1e-9} if precise else {"rtol": 2e-6, "atol": 2e-6}

    @property
    def rows(self) -> range:
        return range(len(self.lengths))

    def segmentations(self, row: int) -> tuple[list[Segmentation], Tensor]:
        """All of a row and their scores, in float64."""
        found = list(self._from(0, int(self.lengths[row])))
        return found, torch.stack([self.score(row, segmentation) for segmentation in found])

    def _from(self, first: int, length: int) -> Iterator[Segmentation]:
        if first == length:
            yield ()
            return
        _, _, width, count = self.spans.shape
        options = [(size, label) for size in range(1, width + 1) for label in range(count)] + [(1, -1)]
        for size, label in options:
            if first + size <= length:
                for rest in self._from(first + size, length):
                    yield ((first, size, label), *rest)

    def score(self, row: int, segmentation: Segmentation) -> Tensor:
        total = torch.zeros((), dtype=torch.float64)
        for first, size, label in segmentation:
            if label >= 0:
                total = total + self.spans[row, first, size - 1, label].double()
            elif self.outside is not None:
                total = total + self.outside[row, first].double()
        if self.transitions is not None:
            for (_, _, before), (_, _, after) in itertools.pairwise(segmentation):
                total = total + self.transitions[before, after].double()  # -1 is the last label
        return total

    def written(self, segmentation: Segmentation, length: int) -> list[list[int]]:
        """As the library writes it, `[words, 2]`."""
        words = self.spans.shape[1]
        output = [[0, -1] for _ in range(length)] + [[-1, -1] for _ in range(words - length)]
        for first, size, label in segmentation:
            if label >= 0:
                output[first] = [size, label]
        return output


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4), forbid: bool = True) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    words, count = draw(st.integers(1, 4)), draw(st.integers(1, 2))
    batch, width = draw(st.integers(1, 3)), draw(st.integers(1, words))
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from(scales))

    def scores(*shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        if draw(st.booleans()):
            numbers = numbers.round()  # ties
        return numbers.to(dtype)

    spans = scores(batch, words, width, count)
    outside = scores(batch, words) if draw(st.booleans()) else None
    transitions = scores(count + 1, count + 1) if draw(st.booleans()) else None
    if forbid and draw(st.booleans()):
        _forbid(spans, outside, transitions, generator, covered=draw(st.booleans()))
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    padding = draw(st.sampled_from([0.0, float("nan"), torch.inf, -torch.inf]))
    for row, length in enumerate(lengths.tolist()):  # what is in padding, or passes the end, must not matter
        for word in range(words):
            spans[row, word, max(length - word, 0) :] = padding
        if outside is not None:
            outside[row, length:] = padding
    return Case(spans, outside, transitions, lengths, draw(st.sampled_from(KERNELS)))


def _forbid(
    spans: Tensor, outside: Tensor | None, transitions: Tensor | None, generator: torch.Generator, covered: bool
) -> None:
    """Make three in ten scores -inf, but never those of spans of one word with the first label."""
    spans_kept = spans[:, :, 0, 0].clone()
    for scores in (spans, outside, transitions):
        if scores is not None:
            kept = scores[0, 0].clone()
            scores.masked_fill_(torch.rand(scores.shape, generator=generator) < 0.3, -torch.inf)
            if scores is transitions:
                scores[0, 0] = kept
    spans[:, :, 0, 0] = spans_kept
    if outside is not None and covered:
        outside.fill_(-torch.inf)


@SMALL
@given(cases())
def test_partition_and_probabilities(case: Case) -> None:
    with use_kernel(case.kernel):
        log_z = case.segments.log_partition()
        for row in case.rows:
            found, scores = case.segmentations(row)
            torch.testing.assert_close(log_z[row].double(), scores.logsumexp(0), **case.tolerance)
            outputs = torch.zeros(len(log_z), len(found), case.spans.shape[1], 2, dtype=torch.long)
            outputs[row] = torch.tensor([case.written(one, int(case.lengths[row])) for one in found])
            log_probs = case.segments.log_prob(outputs)[row].double()
            torch.testing.assert_close(log_probs, scores - scores.logsumexp(0), **case.tolerance)
            torch.testing.assert_close(case.segments.score(outputs)[row].double(), scores, **case.tolerance)
            torch.testing.assert_close(case.segments.log_prob(outputs[:, 0])[row].double(), log_probs[0])


@SMALL
@given(cases())
def test_marginals(case: Case) -> None:
    with use_kernel(case.kernel):
        parts = case.segments.marginals()
    for row in case.rows:
        found, scores = case.segmentations(row)
        expected = _expected(found, scores.softmax(0), case)
        for part, mean in zip(parts, expected, strict=True):
            assert (part is None) == (mean is None)
            if part is not None:
                torch.testing.assert_close(part[row].double(), mean, rtol=0, atol=1e-6)


def _expected(found: list[Segmentation], probabilities: Tensor, case: Case) -> SpanParts:
    _, words, width, count = case.spans.shape
    spans, outside = torch.zeros(words, width, count).double(), torch.zeros(words).double()
    transitions = torch.zeros(count + 1, count + 1).double()
    for segmentation, p in zip(found, probabilities, strict=True):
        for first, size, label in segmentation:
            if label >= 0:
                spans[first, size - 1, label] += p
            else:
                outside[first] += p
        for (_, _, before), (_, _, after) in itertools.pairwise(segmentation):
            transitions[before, after] += p
    return SpanParts(spans, outside, None if case.transitions is None else transitions)


@SMALL
@given(cases(), st.integers(1, 20))
def test_argmax_and_topk(case: Case, k: int) -> None:
    with use_kernel(case.kernel):
        best, most = case.segments.argmax(), case.segments.topk(k)
    assert torch.equal(best.outputs, most.outputs[:, 0])
    torch.testing.assert_close(best.scores, most.scores[:, 0], **case.tolerance)
    for row in case.rows:
        found, scores = case.segmentations(row)
        by_output = {
            str(case.written(one, int(case.lengths[row]))): score for one, score in zip(found, scores, strict=True)
        }
        expected = scores[scores > -torch.inf].sort(descending=True).values[:k]
        torch.testing.assert_close(most.scores[row, : len(expected)].double(), expected, **case.tolerance)
        assert (most.scores[row, len(expected) :] == -torch.inf).all()
        assert (most.outputs[row, len(expected) :] == -1).all()
        outputs = [str(output) for output in most.outputs[row, : len(expected)].tolist()]
        assert len(set(outputs)) == len(outputs)
        torch.testing.assert_close(torch.stack([by_output[output] for output in outputs]), expected, **case.tolerance)
        assert str(best.outputs[row].tolist()) == str(
            case.written(_first_of_the_best(found, scores), int(case.lengths[row]))
        )


def _first_of_the_best(found: list[Segmentation], scores: Tensor) -> Segmentation:
    """Of equals, from the left: the lowest label, an uncovered word's being the highest; then the shortest.

    Equal up to rounding where scores are large, so that the test is of the rule and not of the order of sums.
    """
    best = [one for one, score in zip(found, scores, strict=True) if score >= scores.max()]
    return min(best, key=lambda one: [(label % 1000, size) for _, size, label in one])


@SMALL
@given(cases(), st.integers(0, 1000))
def test_entropy_and_divergence(case: Case, seed: int) -> None:
    with use_kernel(case.kernel):
        entropy = case.segments.entropy()
        torch.testing.assert_close(kl(case.segments, case.segments), torch.zeros_like(entropy), rtol=0, atol=1e-4)
        other = _like(case, seed)
        found = cross_entropy(other.segments, case.segments)
    for row in case.rows:
        scores = case.segmentations(row)[1]
        expected = torch.special.entr(scores.softmax(0)).sum()
        torch.testing.assert_close(entropy[row].double(), expected, rtol=1e-6, atol=1e-5)
        p = other.segmentations(row)[1].softmax(0)
        expected = -torch.where(p == 0, 0.0, p * scores.log_softmax(0)).sum()
        torch.testing.assert_close(found[row].double(), expected, rtol=1e-5, atol=1e-4)


def _like(case: Case, seed: int) -> Case:
    """Other scores that forbid what these do."""
    generator = torch.Generator().manual_seed(seed)
    other = []
    for scores in (case.spans, case.outside, case.transitions):
        fresh = None
        if scores is not None:
            fresh = torch.randn(scores.shape, generator=generator).to(scores) * 3
            fresh.masked_fill_(scores == -torch.inf, -torch.inf)
        other.append(fresh)
    return Case(*other, case.lengths, case.kernel)


@SMALL
@given(cases(), st.integers(0, 1000))
def test_samples_are_possible(case: Case, seed: int) -> None:
    with use_kernel(case.kernel):
        samples = case.segments.sample(3, torch.Generator().manual_seed(seed))
        assert torch.isfinite(case.segments.log_prob(samples)).all()
    for row, length in enumerate(case.lengths.tolist()):
        assert (samples[row, :, length:] == -1).all()
        assert (samples[row, :, :length, 0] >= 0).all()


@SMALL
@given(cases(scales=(1.0, 30.0)))
def test_batch_mates_and_padding_change_nothing(case: Case) -> None:
    with use_kernel(case.kernel):
        together = case.segments
        for row, length in enumerate(case.lengths.tolist()):
            width = min(case.spans.shape[2], length)
            outside = None if case.outside is None else case.outside[row : row + 1, :length]
            alone = Segments(case.spans[row : row + 1, :length, :width], outside, case.transitions)
            torch.testing.assert_close(alone.log_partition()[0], together.log_partition()[row], **case.tolerance)
            expected = together.marginals().spans[row, :length, :width]
            torch.testing.assert_close(alone.marginals().spans[0], expected, rtol=0, atol=1e-6)
            assert torch.equal(alone.argmax().outputs[0], together.argmax().outputs[row, :length])


@SMALL
@given(cases(scales=(1.0, 30.0, 1e4)))
def test_gradient_is_that_of_enumeration(case: Case) -> None:
    leaves = [scores for scores in (case.spans, case.outside, case.transitions) if scores is not None]
    for leaf in leaves:
        leaf.requires_grad_(True)
    with use_kernel(case.kernel):
        ours = torch.autograd.grad(case.segments.log_partition().sum(), leaves)
    theirs = torch.autograd.grad(
        sum(case.segmentations(row)[1].logsumexp(0) for row in case.rows), leaves, allow_unused=True
    )
    for found, expected in zip(ours, theirs, strict=True):
        expected = torch.zeros_like(found) if expected is None else expected
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-6 * math.prod(found.shape))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("neighbours", [False, True])
def test_samples_follow_the_distribution(kernel: Kernel, neighbours: bool) -> None:
    torch.manual_seed(0)
    transitions = torch.randn(3, 3) if neighbours else None
    case = Case(torch.randn(2, 3, 2, 2), torch.randn(2, 3), transitions, torch.tensor([3, 2]), kernel)
    with use_kernel(kernel):
        samples = case.segments.sample(40_000, torch.Generator().manual_seed(1))
    for row, length in enumerate(case.lengths.tolist()):
        found, scores = case.segmentations(row)
        place = {str(case.written(one, length)): i for i, one in enumerate(found)}
        unique, counts = samples[row].unique(dim=0, return_counts=True)
        share = torch.zeros(len(found)).double()
        for output, count in zip(unique.tolist(), counts.tolist(), strict=True):
            share[place[str(output)]] = count / samples.shape[1]
        torch.testing.assert_close(share, scores.softmax(0), rtol=0, atol=0.012)
