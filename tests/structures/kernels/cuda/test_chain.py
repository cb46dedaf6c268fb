"""The GPU's chain kernels against the reference, on random and on adversarial input."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.kernels import dispatch
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference import chain as reference

pytest.importorskip("triton", reason="Triton is not installed; it comes with torch for CUDA")

from syntagma.structures.kernels.cuda import chain as cuda
from syntagma.structures.kernels.cuda.launching import Launch

# The interpreter computes with numpy, which warns of the infinities that the kernels look for.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:triton.runtime.interpreter")

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here; too much for the interpreter")


@pytest.fixture(autouse=True)
def _poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill what the kernels are to write with what they never do, so that nothing stays unwritten unseen."""
    empty = Launch.empty

    def poisoned(self: Launch, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        result = empty(self, *shape, dtype=dtype)
        return result.fill_(float("nan") if dtype.is_floating_point else 77)

    monkeypatch.setattr(Launch, "empty", poisoned)


def _lattice(
    device: torch.device,
    labels: int = 5,
    scale: float = 1.0,
    lengths: tuple[int, ...] = (6, 1, 4),
    tables: bool = False,
    ends: str | None = "shared",
    forbidden: float = 0.0,
    dtype: torch.dtype = torch.float32,
) -> Lattice:
    """Random scores of ragged rows, with NaN in their padding; label 0 is never forbidden, so every row has a path."""
    generator = torch.Generator().manual_seed(labels + 10 * len(lengths))
    batch, words = len(lengths), max(lengths)

    def scores(*shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        return numbers.to(dtype)

    def forbid(numbers: Tensor, kept: Tensor) -> Tensor:
        chosen = torch.rand(numbers.shape, generator=generator) < forbidden
        return numbers.masked_fill(chosen & ~kept, -torch.inf)

    first = torch.arange(labels) == 0
    emissions = forbid(scores(batch, words, labels), first)
    transitions = scores(batch, words - 1, labels, labels) if tables else scores(labels, labels)
    transitions = forbid(transitions, first.unsqueeze(1) & first)
    for row, length in enumerate(lengths):
        emissions[row, length:] = float("nan")
        if tables:
            transitions[row, length - 1 :] = float("nan")
    shape = (batch, labels) if ends == "by row" else (labels,)
    start, end = (None, None) if ends is None else (forbid(scores(*shape), first), forbid(scores(*shape), first))
    parts = (None if part is None else part.to(device) for part in (emissions, transitions, start, end))
    return Lattice(*parts, torch.tensor(lengths, device=device))


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "without ends": {"ends": None},
    "ends by row": {"ends": "by row", "forbidden": 0.3},
    "one label": {"labels": 1},
    "one word": {"lengths": (1, 1)},
    "all full": {"lengths": (3, 3)},
    "a full block of labels": {"labels": 16, "forbidden": 0.5},
    "more than a block": {"labels": 17, "lengths": (3, 2)},
    "many labels": {"labels": 100, "lengths": (3,)},
    "tables": {"tables": True, "forbidden": 0.2},
    "tables of one word": {"tables": True, "lengths": (1,)},
    "sharp": {"scale": 20.0, "forbidden": 0.3},
    "very sharp": {"scale": 1e4, "forbidden": 0.3, "lengths": (5, 4)},
    "sharp tables": {"scale": 1e4, "tables": True, "ends": "by row"},
    "float64": {"dtype": torch.float64, "scale": 5.0},
    "float16": {"dtype": torch.float16, "tables": True},
    "bfloat16": {"dtype": torch.bfloat16},
}


@pytest.fixture(params=CASES)
def lattice(request: pytest.FixtureRequest, device: torch.device) -> Lattice:
    return _lattice(device, **CASES[request.param])


def _labels(lattice: Lattice, n: int) -> Tensor:
    batch, words, labels = lattice.emissions.shape
    generator = torch.Generator().manual_seed(0)
    return torch.randint(labels, (batch, n, words), generator=generator).to(lattice.emissions.device)


def test_partition_and_probabilities(lattice: Lattice) -> None:
    found, expected = cuda.sweep(lattice), reference.sweep(lattice)
    tolerance = {"rtol": 1e-11, "atol": 1e-11}
    torch.testing.assert_close(found.log_partition(), expected.log_partition(), **tolerance)
    torch.testing.assert_close(found.unary(), expected.unary(), **tolerance)
    torch.testing.assert_close(found.pairs(), expected.pairs(), **tolerance)
    assert found.unary(torch.float32).dtype == torch.float32


@pytest.mark.parametrize("known", [False, True])
def test_gradient(lattice: Lattice, known: bool) -> None:
    weights = torch.tensor([1.0, -0.5, 2.0], device=lattice.emissions.device)[: len(lattice.lengths)]
    labels = _labels(lattice, 1)[:, 0] if known else None
    found = cuda.sweep(lattice).gradient(weights, labels)
    for mine, theirs, scores in zip(
        found, reference.sweep(lattice).gradient(weights, labels), lattice.scores, strict=True
    ):
        if scores is None:
            assert mine is None
        else:
            assert mine is not None
            assert mine.dtype == scores.dtype
            torch.testing.assert_close(mine, theirs)


def test_best_path(lattice: Lattice) -> None:
    found, expected = cuda.viterbi(lattice), reference.viterbi(lattice)
    assert found[0].tolist() == expected[0].tolist()
    assert found[1].tolist() == expected[1].tolist()


def test_scores_of_paths(lattice: Lattice) -> None:
    labels = _labels(lattice, 3)
    torch.testing.assert_close(cuda.score(lattice, labels), reference.score(lattice, labels), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", ["plain", "very sharp", "sharp tables"])
def test_windows_and_samples(case: str, device: torch.device) -> None:
    lattice = _lattice(device, **CASES[case])
    found, expected = cuda.sweep(lattice), reference.sweep(lattice)
    rows, first = torch.tensor([0, 0, 1, 1], device=device), torch.tensor([0, 3, 0, -1], device=device)
    allowed = (torch.rand(4, 3, lattice.emissions.shape[2]) < 0.7).to(device)
    torch.testing.assert_close(found.window(rows, first, allowed), expected.window(rows, first, allowed))
    paths = [
        kernel.sample(lattice, swept, 4, torch.Generator(device).manual_seed(3))
        for kernel, swept in ((cuda, found), (reference, expected))
    ]
    assert paths[0].tolist() == paths[1].tolist()


def test_equal_scores_are_decided_as_by_the_reference(device: torch.device) -> None:
    lattice = _lattice(device, labels=4, lengths=(6, 5, 3, 1))
    rounded = Lattice(*(None if part is None else part.round() for part in lattice.scores), lattice.lengths)
    for scores in (
        rounded,
        Lattice(
            torch.zeros(2, 4, 3, device=device),
            torch.zeros(3, 3, device=device),
            None,
            None,
            torch.tensor([4, 2], device=device),
        ),
    ):
        assert cuda.viterbi(scores)[0].tolist() == reference.viterbi(scores)[0].tolist()


def test_scores_of_any_layout(device: torch.device) -> None:
    """Transposed and expanded scores, and every second label of a wider tensor."""
    emissions = torch.randn(3, 4, 6, device=device).transpose(0, 1)[..., ::2]
    transitions = torch.randn(3, 3, device=device).T.expand(4, 2, 3, 3)
    lengths = torch.tensor([[3, 0], [2, 0], [3, 0], [1, 0]], device=device)[:, 0]
    lattice = Lattice(emissions, transitions, torch.randn(1, 3, device=device).expand(4, 3), None, lengths)
    found, expected = cuda.sweep(lattice), reference.sweep(lattice)
    torch.testing.assert_close(found.unary(), expected.unary())
    assert cuda.viterbi(lattice)[0].tolist() == reference.viterbi(lattice)[0].tolist()
    weights = torch.ones((), device=device).expand(4)
    for mine, theirs in zip(found.gradient(weights)[:3], expected.gradient(weights)[:3], strict=True):
        torch.testing.assert_close(mine, theirs)


def test_no_rows(device: torch.device) -> None:
    none = Lattice(
        torch.empty(0, 3, 2, device=device),
        torch.zeros(2, 2, device=device),
        None,
        None,
        torch.empty(0, dtype=torch.int64, device=device),
    )
    sweep = cuda.sweep(none)
    assert sweep.log_partition().shape == (0,)
    assert sweep.gradient(torch.empty(0, device=device)).transitions.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert cuda.viterbi(none)[0].shape == (0, 3)
    assert cuda.score(none, torch.empty(0, 1, 3, dtype=torch.int64, device=device)).shape == (0, 1)


def _unusable(device: torch.device, name: str, what: float) -> Lattice:
    lattice = _lattice(device, labels=3, lengths=(3, 4, 2), ends="by row", tables=True)
    part = dict(zip(("emissions", "transitions", "start", "end"), lattice.scores, strict=True))[name]
    assert part is not None
    part[1].view(-1)[1] = what
    return lattice


@pytest.mark.parametrize("what", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["emissions", "transitions", "start", "end"])
def test_scores_that_are_no_numbers_are_named(name: str, what: float, device: torch.device) -> None:
    lattice = _unusable(device, name, what)
    for call in (cuda.sweep, cuda.viterbi):
        with pytest.raises(StructureError, match=f"row 1 has .* among its {name}"):
            call(lattice)


def test_a_row_without_a_path_is_named(device: torch.device) -> None:
    lattice = _lattice(device, lengths=(3, 3, 3))
    lattice.emissions[2, 1] = -torch.inf
    for call in (cuda.sweep, cuda.viterbi):
        with pytest.raises(StructureError, match="row 2 has no possible output"):
            call(lattice)


@pytest.mark.parametrize("label", [-1, 5])
def test_a_label_that_there_is_not_is_named(label: int, device: torch.device) -> None:
    lattice, labels = _lattice(device), torch.zeros(3, 1, 6, dtype=torch.int64, device=device)
    labels[2, 0, 3] = label
    labels[1, 0, 2] = 99  # padding
    with pytest.raises(StructureError, match=f"row 2 has label {label} at position 3"):
        cuda.score(lattice, labels)


@pytest.mark.parametrize("deviation", [1.0, 20.0])
def test_sharp_scores_stay_on_the_quick_path(deviation: float, device: torch.device) -> None:
    torch.manual_seed(0)
    emissions, transitions = torch.randn(2, 24, 20) * deviation, torch.randn(20, 20) * deviation
    lengths = torch.tensor([24, 24], device=device)
    sweep = cuda.sweep(Lattice(emissions.to(device), transitions.to(device), None, None, lengths))
    assert sweep.exact_rows.numel() == 0


def test_constraints_stay_on_the_quick_path(device: torch.device) -> None:
    """O, B, I: no I at the start or after O; and a word that must be O, so that no I can follow."""
    transitions, start = torch.zeros(3, 3), torch.zeros(3)
    transitions[0, 2] = start[2] = -torch.inf
    emissions = torch.randn(3, 6, 3) * 10
    emissions[2, 4, 1:] = -torch.inf
    lattice = Lattice(
        *(part.to(device) for part in (emissions, transitions, start)), None, torch.full((3,), 6).to(device)
    )
    sweep = cuda.sweep(lattice)
    assert sweep.exact_rows.numel() == 0
    torch.testing.assert_close(sweep.unary(), reference.sweep(lattice).unary())


def test_transitions_that_are_all_but_forbidden_stay_on_the_quick_path(device: torch.device) -> None:
    """A score of -10,000 in place of -inf, as many taggers have it, is not an underflow of anything."""
    transitions = torch.zeros(3, 3, device=device)
    transitions[0, 2] = -1e4
    lattice = Lattice(torch.randn(2, 5, 3, device=device), transitions, None, None, torch.tensor([5, 3], device=device))
    assert cuda.sweep(lattice).exact_rows.numel() == 0


def test_only_the_failing_row_leaves_it(device: torch.device) -> None:
    emissions = torch.randn(4, 5, 3)
    emissions[2] *= 1e4
    lattice = Lattice(emissions.to(device), torch.randn(3, 3).to(device), None, None, torch.full((4,), 5).to(device))
    sweep = cuda.sweep(lattice)
    assert sweep.exact_rows.tolist() == [2]
    assert torch.isfinite(sweep.log_partition()).all()
    assert sweep.gradient(torch.ones(4, device=device)).transitions.sum().item() == pytest.approx(16.0)


def test_a_rising_score_behind_an_unreachable_label_is_no_number_to_fear(device: torch.device) -> None:
    """The backward message of a label that nothing reaches may overflow; it must not meet the forward message's 0."""
    emissions = torch.zeros(1, 4, 2, device=device)
    emissions[0, 1:, 1] = 200.0
    transitions = torch.tensor([[0.0, -torch.inf], [0.0, 0.0]], device=device)  # no way from 0 to 1
    start = torch.tensor([0.0, -torch.inf], device=device)
    sweep = cuda.sweep(Lattice(emissions, transitions, start, None, torch.tensor([4], device=device)))
    assert sweep.exact_rows.numel() == 0
    expected = torch.tensor([[1.0, 0.0]] * 4, dtype=torch.float64, device=device)
    torch.testing.assert_close(sweep.unary()[0], expected, rtol=1e-14, atol=0.0)
    assert sweep.log_partition().item() == pytest.approx(0.0)


def test_the_door_leaves_what_does_not_fit_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "choose", lambda *_, **__: "cuda")
    for labels, kernel in ((128, cuda), (129, reference)):
        few = Lattice(torch.zeros(1, 2, labels), torch.zeros(labels, labels), None, None, torch.tensor([2]))
        assert dispatch.chain(few, learns=False) is kernel


@NEEDS_GPU
def test_the_same_numbers_every_time(device: torch.device) -> None:
    lattice = _lattice(device, labels=20, lengths=tuple(range(1, 101)))
    weights = torch.ones(100, device=device)
    first, *others = (cuda.sweep(lattice).gradient(weights) for _ in range(5))
    for other in others:
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(first, other, strict=True))


@NEEDS_GPU
@pytest.mark.parametrize("labels", [9, 20, 50, 100, 128])
@pytest.mark.parametrize("tables", [False, True])
def test_large_batches_agree_with_the_reference(labels: int, tables: bool, device: torch.device) -> None:
    words = 40 if tables else 300
    lattice = _lattice(device, labels, 4.0, tuple(range(1, words, 3)), tables, "by row", 0.1)
    found, expected = cuda.sweep(lattice), reference.sweep(lattice)
    torch.testing.assert_close(found.log_partition(), expected.log_partition(), rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(found.unary(), expected.unary(), rtol=1e-9, atol=1e-9)
    weights = torch.randn(len(lattice.lengths), device=device)
    labels_there = _labels(lattice, 1)[:, 0]
    for mine, theirs in zip(
        found.gradient(weights, labels_there), expected.gradient(weights, labels_there), strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    assert torch.equal(cuda.viterbi(lattice)[0], reference.viterbi(lattice)[0])


@NEEDS_GPU
def test_long_rows(device: torch.device) -> None:
    lattice = _lattice(device, labels=20, lengths=(4096, 1024))
    weights = torch.ones(2, device=device)
    for mine, theirs in zip(
        cuda.sweep(lattice).gradient(weights), reference.sweep(lattice).gradient(weights), strict=True
    ):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)
