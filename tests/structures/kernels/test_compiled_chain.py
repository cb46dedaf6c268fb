"""The compiled chain kernels beside the reference, on sharp, constrained, ragged and hopeless scores."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import LinearChain
from syntagma.structures.kernels.dispatch import use_kernel
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference import chain as reference

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

from syntagma.structures.kernels.cpu import chain as compiled
from syntagma.structures.kernels.cpu.chain_sweep import CompiledSweep

SIZES = [(1, 1, 1), (2, 1, 3), (3, 5, 8), (4, 70, 9), (5, 130, 20), (2, 12, 50)]


def _lattice(
    size: tuple[int, int, int],
    *,
    deviation: float = 1.0,
    constrained: bool = False,
    tables: bool = False,
    dtype: torch.dtype = torch.float32,
) -> Lattice:
    """Scores of a ragged batch; constrained as by BIO: an odd label follows itself or the one below."""
    batch, words, count = size
    generator = torch.Generator().manual_seed(sum(size))

    def scores(*shape: int) -> Tensor:
        return (torch.randn(*shape, generator=generator, dtype=torch.float64) * deviation).to(dtype)

    transitions = scores(batch, words - 1, count, count) if tables else scores(count, count)
    start, end = scores(batch, count) if tables else scores(count), scores(count)
    if constrained:
        for inside in range(1, count, 2):
            others = [label for label in range(count) if label not in (inside, inside - 1)]
            transitions[..., others, inside] = -torch.inf
            start[..., inside] = -torch.inf
    lengths = torch.randint(1, words + 1, (batch,), generator=generator)
    emissions = scores(batch, words, count)
    for row, length in enumerate(lengths.tolist()):
        emissions[row, length:] = float("nan")
    return Lattice(emissions, transitions, start, end, lengths)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("deviation", "constrained"), list(itertools.product([1.0, 8.0, 20.0, 1e4], [False, True])))
@pytest.mark.parametrize("tables", [False, True])
def test_everything_is_as_in_the_reference(
    size: tuple[int, int, int], deviation: float, constrained: bool, tables: bool
) -> None:
    lattice = _lattice(size, deviation=deviation, constrained=constrained, tables=tables)
    ours, theirs = compiled.sweep(lattice), reference.sweep(lattice)
    torch.testing.assert_close(ours.log_partition(), theirs.log_partition(), rtol=1e-12, atol=1e-10)
    for part in ("unary", "pairs"):
        torch.testing.assert_close(getattr(ours, part)(), getattr(theirs, part)(), rtol=0, atol=1e-10)
    labels, scores = compiled.viterbi(lattice)
    expected_labels, expected_scores = reference.viterbi(lattice)
    assert torch.equal(labels, expected_labels)
    assert torch.equal(scores, expected_scores)
    for found, expected in zip(compiled.k_best(lattice, 7), reference.k_best(lattice, 7), strict=True):
        assert torch.equal(found, expected)
    weights = torch.linspace(-1, 2, size[0])
    for known in (None, labels):
        for found, expected in zip(ours.gradient(weights, known), theirs.gradient(weights, known), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    numbers = (torch.Generator().manual_seed(3) for _ in range(2))
    samples = [
        kernel.sample(lattice, sweep, 4, next(numbers)) for kernel, sweep in ((compiled, ours), (reference, theirs))
    ]
    assert torch.equal(*samples)
    torch.testing.assert_close(
        compiled.score(lattice, samples[0]), reference.score(lattice, samples[0]), rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize("deviation", [1.0, 20.0])
@pytest.mark.parametrize("constrained", [False, True])
def test_sharp_and_constrained_scores_stay_on_the_quick_path(deviation: float, constrained: bool) -> None:
    sweep = compiled.sweep(_lattice((16, 64, 20), deviation=deviation, constrained=constrained))
    assert sweep.exact_rows.numel() == 0


def _with_one_hopeless_row() -> tuple[Lattice, Lattice]:
    """A batch, and again with a row whose scores underflow."""
    mild = _lattice((5, 30, 9))
    emissions = mild.emissions.clone()
    emissions[3, : int(mild.lengths[3])] *= 1e4
    return mild, Lattice(emissions, *mild.scores[1:], mild.lengths)


def test_only_the_failing_row_leaves_it_and_its_mates_keep_every_bit() -> None:
    mild, sharp = (compiled.sweep(lattice) for lattice in _with_one_hopeless_row())
    assert (mild.exact_rows.tolist(), sharp.exact_rows.tolist()) == ([], [3])
    mates = torch.tensor([0, 1, 2, 4])
    weights = torch.ones(5)
    for answer in (
        CompiledSweep.log_partition,
        CompiledSweep.unary,
        CompiledSweep.pairs,
        lambda sweep: sweep.gradient(weights).emissions,
    ):
        assert torch.equal(answer(mild)[mates], answer(sharp)[mates])
    torch.testing.assert_close(
        sharp.gradient(weights).transitions.double(), sharp.pairs().sum((0, 1)), rtol=0, atol=1e-5
    )
    torch.testing.assert_close(sharp.gradient(weights).start.double(), sharp.unary()[:, 0].sum(0), rtol=0, atol=1e-5)


def test_the_failing_row_is_right_in_every_call() -> None:
    _, lattice = _with_one_hopeless_row()
    ours, theirs = compiled.sweep(lattice), reference.sweep(lattice)
    torch.testing.assert_close(ours.unary(), theirs.unary(), rtol=0, atol=1e-10)
    rows, first = torch.tensor([3, 0, 3]), torch.tensor([0, 1, -1])
    allowed = torch.rand(3, 4, 9, generator=torch.Generator().manual_seed(0)) < 0.5
    allowed[torch.arange(3), :, 0] = True
    torch.testing.assert_close(
        ours.window(rows, first, allowed), theirs.window(rows, first, allowed), rtol=1e-9, atol=1e-9
    )


def test_a_hopeless_row_is_named_by_its_number_in_the_batch() -> None:
    _, lattice = _with_one_hopeless_row()
    lattice.emissions[4, 0] = -torch.inf
    for call in (compiled.sweep, compiled.viterbi, lambda lattice: compiled.k_best(lattice, 2)):
        with pytest.raises(StructureError, match="row 4 has no possible output"):
            call(lattice)


@pytest.mark.parametrize(
    ("name", "place"), [("emissions", (1, 0, 2)), ("transitions", (0, 1)), ("start", (0,)), ("end", (2,))]
)
@pytest.mark.parametrize(("value", "found"), [(float("nan"), "NaN"), (torch.inf, r"\+inf")])
def test_an_odd_score_is_named(name: str, place: tuple[int, ...], value: float, found: str) -> None:
    whole = _lattice((2, 6, 9))
    lattice = Lattice(whole.emissions.nan_to_num(), *whole.scores[1:], torch.tensor([1, 6]))
    getattr(lattice, name)[place] = value
    row = 0 if name in ("start", "end") else 1  # a row of one word reads no transition
    for kernel in (compiled, reference):
        for call in (kernel.sweep, kernel.viterbi, lambda lattice, kernel=kernel: kernel.k_best(lattice, 2)):
            with pytest.raises(StructureError, match=f"row {row} has {found} among its {name} scores"):
                call(lattice)


def test_layouts_and_types_of_scores() -> None:
    """Half precision, strided views, one type beside another."""
    plain = _lattice((3, 7, 9), dtype=torch.float64)
    expected = reference.sweep(plain).log_partition()
    strided = Lattice(
        plain.emissions.transpose(0, 1).contiguous().transpose(0, 1),
        plain.transitions.T.contiguous().T,
        *plain.scores[2:],
        plain.lengths,
    )
    torch.testing.assert_close(compiled.sweep(strided).log_partition(), expected)
    mixed = Lattice(plain.emissions.float(), plain.transitions, plain.start.half(), plain.end, plain.lengths)
    torch.testing.assert_close(compiled.sweep(mixed).log_partition(), expected, rtol=1e-3, atol=1e-3)
    gradient = compiled.sweep(mixed).gradient(torch.ones(3))
    assert [part.dtype for part in gradient] == [part.dtype for part in mixed.scores]


def test_long_float32_gradients_agree_with_float64() -> None:
    torch.manual_seed(0)
    emissions, transitions = torch.randn(2, 4096, 9) * 3, torch.randn(9, 9)
    found = {}
    for dtype in (torch.float32, torch.float64):
        leaf = emissions.to(dtype).requires_grad_(True)
        with use_kernel("cpu"):
            log_z = LinearChain(leaf, transitions.to(dtype)).log_partition()
            found[dtype] = torch.autograd.grad(log_z.sum(), leaf)[0].double()
    torch.testing.assert_close(found[torch.float32], found[torch.float64], rtol=0, atol=1e-6)
