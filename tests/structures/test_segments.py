"""Flat segmentations at their edges: what they refuse, derivatives, half precision, long and sharp rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import Segments, SpanParts, cross_entropy
from syntagma.structures.kernels.dispatch import Kernel, use_kernel

LENGTHS = torch.tensor([3, 1])
KERNELS: list[Kernel] = ["reference", "cpu"] if find_spec("numba") else ["reference"]


def _scores(width: int = 3, neighbours: bool = True, scale: float = 1.0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    shapes: list[tuple[int, ...]] = [(2, 3, width, 2), (2, 3)] + ([(3, 3)] if neighbours else [])
    return [
        (torch.randn(shape, generator=generator, dtype=torch.float64) * scale).requires_grad_(True) for shape in shapes
    ]


def _segments(*scores: Tensor, lengths: Tensor | None = LENGTHS) -> Segments:
    return Segments(*scores, lengths=lengths) if len(scores) > 1 else Segments(scores[0], lengths=lengths)


KNOWN = torch.tensor([[[2, 1], [0, -1], [1, 0]], [[0, -1], [9, 9], [9, 9]]])

CALLS: dict[str, Callable[[Segments], Tensor]] = {
    "log_partition": lambda segments: segments.log_partition(),
    "log_prob": lambda segments: segments.log_prob(KNOWN),
    "score": lambda segments: segments.score(KNOWN),
    "marginals": lambda segments: torch.cat([part.flatten() for part in segments.marginals() if part is not None]),
    "entropy": lambda segments: segments.entropy(),
    "cross_entropy": lambda segments: cross_entropy(_segments(*(part.detach() * 2 for part in _scores())), segments),
}


@pytest.mark.parametrize("neighbours", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_first_and_second_derivatives(call: str, neighbours: bool) -> None:
    def function(*scores: Tensor) -> Tensor:
        return CALLS[call](_segments(*scores))

    with use_kernel(KERNELS[-1]):
        assert torch.autograd.gradcheck(function, _scores(neighbours=neighbours), fast_mode=not neighbours)
        if call in ("log_prob", "entropy"):
            assert torch.autograd.gradgradcheck(function, _scores(neighbours=neighbours), fast_mode=True)


@pytest.mark.parametrize("width", [1, 2])
def test_derivatives_with_limited_width_and_nothing_but_spans(width: int) -> None:
    def function(spans: Tensor) -> tuple[Tensor, Tensor]:
        segments = _segments(spans)
        return segments.entropy(), segments.topk(2).scores[0]

    assert torch.autograd.gradcheck(function, _scores(width)[:1])


def test_padding_gets_no_gradient() -> None:
    scores = _scores()
    segments = _segments(*scores)
    (segments.log_prob(KNOWN) + segments.entropy() + segments.argmax().scores).sum().backward()
    spans, outside, _ = (part.grad for part in scores)
    assert spans is not None
    assert outside is not None
    assert (spans[1, 1:] == 0).all()
    assert (spans[1, 0, 1:] == 0).all()
    assert (spans[0, 2, 1:] == 0).all()
    assert (outside[1, 1:] == 0).all()


def test_results_one_after_another_each_have_a_gradient() -> None:
    segments = _segments(*_scores())
    for _ in range(2):
        segments.log_partition().sum().backward()
        segments.entropy().sum().backward()


def test_forbidden_scores_leave_finite_gradients() -> None:
    spans, outside, transitions = (part.detach() for part in _scores())
    spans[0, 0, 1], spans[1], outside[0, 1], transitions[0, 1] = (-torch.inf,) * 4
    leaves = [part.requires_grad_(True) for part in (spans, outside, transitions)]
    segments = _segments(*leaves)
    loss = cross_entropy(segments.argmax().outputs, segments) + segments.entropy()
    for gradient in torch.autograd.grad(loss.sum(), leaves):
        assert torch.isfinite(gradient).all()


def test_gradient_of_distillation_is_the_difference_of_marginals() -> None:
    teacher, student = _scores(), _scores(scale=0.5)
    loss = cross_entropy(_segments(*teacher).detach(), _segments(*student)).sum()
    gradients = torch.autograd.grad(loss, student, retain_graph=True)
    ours, theirs = _segments(*student).marginals(), _segments(*teacher).marginals()
    torch.testing.assert_close(gradients[0], (ours.spans - theirs.spans).detach())
    assert ours.transitions is not None
    assert theirs.transitions is not None
    torch.testing.assert_close(gradients[2], (ours.transitions - theirs.transitions).sum(0).detach())
    loss.backward()
    assert all(part.grad is None for part in teacher)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("neighbours", [False, True])
@pytest.mark.parametrize("deviation", [1.0, 20.0, 1000.0])
def test_long_rows_are_as_right_as_short_ones(deviation: float, neighbours: bool, kernel: Kernel) -> None:
    """200 words: against autograd through a plain recurrence; marginals cover every word once."""
    torch.manual_seed(0)
    spans = (torch.randn(2, 200, 5, 3) * deviation).requires_grad_(True)
    transitions = torch.randn(4, 4) * deviation if neighbours else torch.zeros(4, 4)
    with use_kernel(kernel):
        segments = Segments(spans, None, transitions if neighbours else None)
        log_z = segments.log_partition()
        (ours,) = torch.autograd.grad(log_z.sum(), spans)
        parts, best = segments.marginals(), segments.argmax()
    expected = _plain_log_partition(spans.double(), transitions.double())
    (theirs,) = torch.autograd.grad(expected.sum(), spans)
    torch.testing.assert_close(log_z.double(), expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    covered = torch.nn.functional.pad(parts.outside.double(), (0, 5))
    for size in range(5):
        for word in range(size + 1):
            covered[:, word : word + 200] += parts.spans.double()[:, :, size].sum(-1)
    torch.testing.assert_close(covered[:, :200], torch.ones(2, 200).double(), rtol=0, atol=1e-5)
    assert (best.scores <= log_z).all()
    torch.testing.assert_close(segments.score(best.outputs), best.scores)


def _plain_log_partition(spans: Tensor, transitions: Tensor) -> Tensor:
    batch, words, width, _ = spans.shape
    uncovered = torch.full((batch, words, width, 1), -torch.inf).double()
    uncovered[:, :, 0] = 0.0
    scores = torch.cat([spans, uncovered], 3)
    ended: list[Tensor] = []  # of prefixes by the label of their last segment
    for end in range(words):
        options = []
        for size in range(1, min(width, end + 1) + 1):
            first = end + 1 - size
            before = 0.0 if first == 0 else (ended[first - 1].unsqueeze(2) + transitions).logsumexp(1)
            options.append(before + scores[:, first, size - 1])
        ended.append(torch.stack(options).logsumexp(0))
    return ended[-1].logsumexp(1)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_double(dtype: torch.dtype, kernel: Kernel) -> None:
    scores = [part.detach().to(dtype).requires_grad_(True) for part in _scores()]
    with use_kernel(kernel):
        segments, single = _segments(*scores), _segments(*(part.detach().float() for part in scores))
        assert segments.log_partition().dtype == torch.float32
        torch.testing.assert_close(segments.log_partition(), single.log_partition())
        segments.log_partition().sum().backward()
    assert scores[0].grad is not None
    assert scores[0].grad.dtype == dtype


@pytest.mark.parametrize("kernel", KERNELS)
def test_empty_batch(kernel: Kernel) -> None:
    with use_kernel(kernel):
        segments = Segments(torch.zeros(0, 3, 2, 1), lengths=torch.zeros(0, dtype=torch.long))
        assert segments.log_partition().shape == segments.entropy().shape == (0,)
        assert segments.argmax().outputs.shape == (0, 3, 2)
        assert segments.topk(2).outputs.shape == (0, 2, 3, 2)
        assert segments.sample(4).shape == (0, 4, 3, 2)


ALL = ["log_partition", "marginals", "argmax", "entropy", "topk", "sample"]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("call", ALL)
def test_a_row_without_a_segmentation_is_named(call: str, kernel: Kernel) -> None:
    spans, outside = torch.zeros(3, 3, 2, 1), torch.full((3, 3), -torch.inf)
    spans[1, 1:] = -torch.inf
    with (
        use_kernel(kernel),
        pytest.raises(StructureError, match="row 1 has no possible output: every segmentation of its 3 words"),
    ):
        getattr(Segments(spans, outside), call)(*[2] * (call in ("topk", "sample")))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize(("value", "name"), [(float("nan"), "NaN"), (torch.inf, re.escape("+inf"))])
@pytest.mark.parametrize("part", ["spans", "outside", "transitions"])
def test_an_odd_score_is_named(call: str, value: float, name: str, part: str, kernel: Kernel) -> None:
    scores = {"spans": torch.zeros(3, 3, 2, 2), "outside": torch.zeros(3, 3), "transitions": torch.zeros(3, 3)}
    scores[part][2, 0] = value
    scores["spans"][:, 0, 1] = scores["outside"][:, 1] = -torch.inf  # beside it, what could hide it
    row = 0 if part == "transitions" else 2
    with use_kernel(kernel), pytest.raises(StructureError, match=f"row {row} has {name} among its {part} scores"):
        getattr(Segments(**scores), call)(*[2] * (call in ("topk", "sample")))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"spans": torch.zeros(2, 3)}, r"spans have shape \[2, 3\]. Give them as \[batch, words, width, labels\]"),
        ({"spans": torch.zeros(2, 4, 0, 3)}, r"spans have shape \[2, 4, 0, 3\]"),
        ({"spans": torch.zeros(2, 4, 5, 3)}, "spans are up to 5 words wide, of 4"),
        ({"outside": torch.zeros(4)}, r"outside have shape \[4\]. Give them as \[2, 4\]"),
        ({"transitions": torch.zeros(3, 3)}, r"transitions have shape \[3, 3\]. Give them as \[4, 4\]"),
        ({"lengths": torch.tensor([4, 0])}, r"row 1 has length 0. Lengths are from 1 to 4 here"),
    ],
)
def test_shapes_that_disagree(arguments: dict[str, Tensor], message: str) -> None:
    with pytest.raises(StructureError, match=message):
        Segments(**({"spans": torch.zeros(2, 4, 2, 3)} | arguments))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ([[3, 0], [0, 0], [0, 0], [0, 0]], "the span at word 0 is 3 words wide. There are scores for 1 to 2"),
        ([[-1, 0], [0, 0], [0, 0], [0, 0]], "the span at word 0 is -1 words wide"),
        ([[0, 0], [0, 0], [2, 0], [0, 0]], "the span at word 2 of 2 words passes the row's end"),
        ([[2, 0], [1, 0], [0, 0], [0, 0]], "the span at word 1 begins inside another. Spans of one segmentation"),
        ([[2, 0], [0, 0], [1, 3], [9, 9]], "the span at word 2 has label 3. Labels are from 0 to 2 here"),
    ],
)
def test_segmentations_that_can_not_be(output: list[list[int]], message: str) -> None:
    segments = Segments(torch.zeros(2, 4, 2, 3), lengths=torch.tensor([4, 3]))
    fine = [[2, 0], [0, 5], [1, 2], [0, 0]]
    assert segments.score(torch.tensor([fine, fine])).tolist() == [0, 0]
    with pytest.raises(StructureError, match="row 1: " + re.escape(message)):
        segments.log_prob(torch.tensor([fine, output]))


def test_shapes_counts_and_targets_that_make_no_sense() -> None:
    segments = Segments(torch.zeros(2, 4, 2, 3), transitions=torch.zeros(4, 4))
    with pytest.raises(StructureError, match=r"segmentations have shape \[2, 4\]. Give them as \[2, 4, 2\]"):
        segments.score(torch.zeros(2, 4, dtype=torch.long))
    with pytest.raises(StructureError, match=r"k is 0\. Ask for k of 1 or more"):
        segments.topk(0)
    with pytest.raises(StructureError, match="n is -1"):
        segments.sample(-1)
    with pytest.raises(StructureError, match="do not say which labels are neighbours"):
        cross_entropy(Segments(torch.zeros(2, 4, 2, 3)), segments)
    with pytest.raises(StructureError, match=r"the target's transitions have shape \[4, 4\]"):
        cross_entropy(SpanParts(torch.zeros(2, 4, 2, 3), torch.zeros(2, 4), torch.zeros(4, 4)), segments)
    with pytest.raises(StructureError, match=r"the target's parts have shapes \[2, 4, 3, 3\] and \[2, 4\]"):
        cross_entropy(Segments(torch.zeros(2, 4, 3, 3)), segments)
