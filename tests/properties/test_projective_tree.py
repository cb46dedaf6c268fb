"""Every call of projective trees against the enumeration of all trees, with the reference and the compiled kernel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import ProjectiveTree, cross_entropy, kl
from syntagma.structures.kernels.dispatch import use_kernel

SMALL = settings(max_examples=25, deadline=None)


@pytest.fixture(
    params=[
        "reference",
        pytest.param(
            "cpu", marks=pytest.mark.skipif(find_spec("numba") is None, reason="the extra 'fast' is not installed")
        ),
    ],
    autouse=True,
    scope="module",
)
def _kernel(request: pytest.FixtureRequest) -> Iterator[None]:
    with use_kernel(request.param):
        yield


@cache
def all_trees(words: int, single_root: bool) -> Tensor:
    """The heads `[trees, words]` of all projective trees, by the definition: a head governs all that its arc spans."""
    heads = [
        list(choice) for choice in itertools.product(range(words + 1), repeat=words) if is_tree(choice, single_root)
    ]
    return torch.tensor(heads)


def is_tree(heads: tuple[int, ...], single_root: bool) -> bool:
    roots = heads.count(0)
    if roots == 0 or (single_root and roots > 1):
        return False
    for word, head in enumerate(heads, 1):
        between = range(min(word, head) + 1, max(word, head))
        if not is_under(heads, word, 0) or not all(is_under(heads, inner, head) for inner in between):
            return False
    return True


def is_under(heads: tuple[int, ...], word: int, head: int) -> bool:
    for _ in heads:
        if word == head:
            return True
        if word == 0:
            return False
        word = heads[word - 1]
    return word == head


@dataclass
class Case:
    """Scores of a ragged batch in which every row has a tree, and how its result may differ."""

    arcs: Tensor
    lengths: Tensor
    relations: Tensor | None
    single_root: bool

    @property
    def structure(self) -> ProjectiveTree:
        return ProjectiveTree(self.arcs, self.lengths, self.relations, single_root=self.single_root)

    @property
    def tolerance(self) -> dict[str, float]:
        return {"rtol": 1e-10, "atol": 1e-9} if self.arcs.dtype == torch.float64 else {"rtol": 2e-6, "atol": 2e-6}

    def rows(self) -> range:
        return range(len(self.arcs))

    def outputs(self, row: int) -> tuple[Tensor, Tensor]:
        """All outputs of a row, padded as the structure's are, and their scores in float64."""
        length, words = int(self.lengths[row]), self.arcs.shape[1]
        heads = all_trees(length, self.single_root)
        place = torch.arange(length)
        scores = self.arcs[row].double()[place, heads]
        if self.relations is None:
            return padded(heads, words), scores.sum(1)
        count = self.relations.shape[-1]
        labels = torch.cartesian_prod(*[torch.arange(count)] * length).view(-1, length)
        both = torch.stack(
            [heads.repeat_interleave(len(labels), 0), labels.repeat(len(heads), 1)],
            -1,
        )
        scores = self.arcs[row].double()[place, both[..., 0]]
        scores = scores + self.relations[row].double()[place, both[..., 0], both[..., 1]]
        return padded(both, words), scores.sum(1)


def padded(outputs: Tensor, words: int) -> Tensor:
    result = outputs.new_full((len(outputs), words, *outputs.shape[2:]), -1)
    result[:, : outputs.shape[1]] = outputs
    return result


@st.composite
def cases(draw: st.DrawFn, scales: tuple[float, ...] = (0.0, 1.0, 30.0, 1e4), labelled: bool | None = None) -> Case:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    labelled = draw(st.booleans()) if labelled is None else labelled
    batch, words = draw(st.integers(1, 3)), draw(st.integers(1, 3 if labelled else 5))
    dtype, scale = draw(st.sampled_from([torch.float32, torch.float64])), draw(st.sampled_from(scales))
    lengths = torch.tensor([draw(st.integers(1, words)) for _ in range(batch)])
    ties, forbid, single_root = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())

    def scores(*shape: int) -> Tensor:
        numbers = torch.randn(*shape, generator=generator, dtype=torch.float64) * scale
        numbers = numbers.round() if ties else numbers
        if forbid:  # three in ten, but never an arc of the tree in which every word hangs from the one before
            kept = torch.zeros(words, words + 1, dtype=torch.bool)
            kept[torch.arange(words), torch.arange(words)] = True
            hit = torch.rand(shape, generator=generator) < 0.3
            if len(shape) == 4:
                kept = kept.unsqueeze(-1) & (torch.arange(shape[-1]) == 0)
            numbers = numbers.masked_fill(hit & ~kept, -torch.inf)
        return numbers.to(dtype)

    arcs = scores(batch, words, words + 1)
    relations = scores(batch, words, words + 1, draw(st.integers(1, 2))) if labelled else None
    garbage = draw(st.sampled_from([0.0, 1e30, float("nan"), -torch.inf]))
    for row in range(batch):  # what is in padding, or leads from a word to itself, must not matter
        for part in (arcs, relations):
            if part is not None:
                part[row, lengths[row] :] = garbage
                part[row, :, lengths[row] + 1 :] = garbage
                part[row, torch.arange(words), torch.arange(1, words + 1)] = garbage
    return Case(arcs, lengths, relations, single_root)


@SMALL
@given(cases())
def test_partition_and_probabilities(case: Case) -> None:
    log_z, best = case.structure.log_partition(), case.structure.argmax().outputs
    for row in case.rows():
        outputs, scores = case.outputs(row)
        expected = scores.logsumexp(0)
        torch.testing.assert_close(log_z[row].double(), expected, **case.tolerance)
        every = best.unsqueeze(1).repeat(1, len(outputs), *[1] * (best.dim() - 1))
        every[row] = outputs
        found = case.structure.log_prob(every)[row].double()
        torch.testing.assert_close(found, scores - expected, **case.tolerance)


@SMALL
@given(cases())
def test_marginals(case: Case) -> None:
    parts = case.structure.marginals()
    for row in case.rows():
        outputs, scores = case.outputs(row)
        heads = outputs if case.relations is None else outputs[..., 0]
        expected = torch.zeros(case.arcs.shape[1:], dtype=torch.float64)
        for word in range(int(case.lengths[row])):
            expected[word].index_add_(0, heads[:, word], scores.softmax(0))
        atol = 1e-6 if case.arcs.dtype == torch.float32 else 1e-10
        torch.testing.assert_close(parts.arcs[row].double(), expected, rtol=0, atol=atol)
        if case.relations is not None:
            labelled = torch.zeros(case.relations.shape[1:], dtype=torch.float64)
            for output, p in zip(outputs.tolist(), scores.softmax(0), strict=True):
                for word in range(int(case.lengths[row])):
                    labelled[word, output[word][0], output[word][1]] += p
            assert parts.relations is not None
            torch.testing.assert_close(parts.relations[row].double(), labelled, rtol=0, atol=atol)


@SMALL
@given(cases())
def test_argmax(case: Case) -> None:
    best = case.structure.argmax()
    for row in case.rows():
        outputs, scores = case.outputs(row)
        torch.testing.assert_close(best.scores[row].double(), scores.max(), **case.tolerance)
        found = (outputs == best.outputs[row]).flatten(1).all(1).nonzero().item()
        torch.testing.assert_close(scores[found], scores.max(), **case.tolerance)


@SMALL
@given(cases(), st.integers(1, 9))
def test_topk(case: Case, k: int) -> None:
    best = case.structure.topk(k)
    first = case.structure.argmax()
    torch.testing.assert_close(best.scores[:, 0], first.scores, **case.tolerance)
    assert torch.equal(best.heads[:, 0], first.heads)
    for row in case.rows():
        outputs, scores = case.outputs(row)
        possible = int(scores.isfinite().sum())
        expected = torch.full((k,), -torch.inf, dtype=torch.float64)
        expected[: min(k, possible)] = scores.sort(descending=True)[0][: min(k, possible)]
        torch.testing.assert_close(best.scores[row].double(), expected, **case.tolerance)
        found = best.outputs[row, : min(k, possible)]
        assert (best.outputs[row, possible:] == -1).all()
        assert len(found.flatten(1).unique(dim=0)) == len(found)
        places = [(outputs == output).flatten(1).all(1).nonzero().item() for output in found]
        torch.testing.assert_close(scores[places], expected[: len(places)], **case.tolerance)


@SMALL
@given(cases(scales=(0.0, 1.0, 30.0), labelled=False))
def test_entropy_cross_entropy_and_divergence(case: Case) -> None:
    other = ProjectiveTree(torch.zeros_like(case.arcs), case.lengths, single_root=case.single_root)
    found = case.structure.entropy(), cross_entropy(case.structure, other), kl(case.structure, other)
    for row in case.rows():
        _, scores = case.outputs(row)
        log_p = scores.log_softmax(0)
        entropy = -(log_p.exp() * log_p.where(log_p > -torch.inf, 0.0)).sum()
        count = torch.tensor(float(len(scores)), dtype=torch.float64).log()
        for value, expected in zip(found, (entropy, count, count - entropy), strict=True):
            torch.testing.assert_close(value[row].double(), expected, rtol=1e-6, atol=2e-5)


@settings(max_examples=8, deadline=None)
@given(cases(scales=(0.0, 1.0, 30.0), labelled=False), st.integers(0, 2**31))
def test_samples_have_the_right_frequencies(case: Case, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    samples = case.structure.sample(3000, generator)
    for row in case.rows():
        outputs, scores = case.outputs(row)
        same = (samples[row].unsqueeze(1) == outputs.unsqueeze(0)).all(-1)
        assert same.any(1).all()
        error = same.double().mean(0) - scores.softmax(0)
        assert error.abs().max() < 5 * 0.5 / 3000**0.5


@pytest.mark.parametrize(
    ("single_root", "counts"), [(True, (1, 2, 7, 30, 143, 728)), (False, (1, 3, 12, 55, 273, 1428))]
)
def test_the_number_of_trees(single_root: bool, counts: tuple[int, ...]) -> None:
    """OEIS A006013 and A001764."""
    for words, count in enumerate(counts, 1):
        arcs = torch.zeros(1, words, words + 1, dtype=torch.float64)
        log_z = ProjectiveTree(arcs, single_root=single_root).log_partition()
        assert log_z.exp().item() == pytest.approx(count, rel=1e-12)
        if words < 6:
            assert len(all_trees(words, single_root)) == count


@pytest.mark.parametrize("single_root", [True, False])
def test_derivatives(single_root: bool) -> None:
    torch.manual_seed(0)
    arcs = torch.randn(1, 3, 4, dtype=torch.float64)
    arcs[0, 1, 3] = -torch.inf
    allowed = arcs.isfinite()
    free = arcs.where(allowed, 0.0).requires_grad_()

    def structure(scores: Tensor) -> ProjectiveTree:
        return ProjectiveTree(scores.masked_fill(~allowed, -torch.inf), single_root=single_root)

    assert torch.autograd.gradcheck(lambda scores: structure(scores).log_partition(), free)
    assert torch.autograd.gradgradcheck(lambda scores: structure(scores).log_partition(), free, fast_mode=True)
    assert torch.autograd.gradcheck(lambda scores: structure(scores).marginals().arcs, free)
    assert torch.autograd.gradcheck(lambda scores: structure(scores).entropy(), free)
    assert torch.autograd.gradgradcheck(lambda scores: structure(scores).entropy(), free, fast_mode=True)


def test_gradients_of_ragged_rows_with_forbidden_arcs() -> None:
    generator = torch.Generator().manual_seed(1)
    arcs = torch.randn(3, 9, 10, generator=generator) * 20
    arcs[:, 4, 2:] = -torch.inf
    structure = ProjectiveTree(arcs.requires_grad_(), torch.tensor([9, 4, 1]))
    (gradient,) = torch.autograd.grad(structure.log_partition().sum(), arcs)
    assert torch.equal(gradient, structure.marginals().arcs)
    (gradient,) = torch.autograd.grad(structure.entropy().sum(), arcs)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("single_root", [True, False])
def test_padding_and_neighbours_in_the_batch_change_nothing(single_root: bool) -> None:
    generator = torch.Generator().manual_seed(3)
    lengths = torch.tensor([12, 1, 7, 11])
    arcs = torch.randn(4, 12, 13, generator=generator, dtype=torch.float64) * 5
    together = ProjectiveTree(arcs, lengths, single_root=single_root)
    for row, length in enumerate(lengths.tolist()):
        alone = ProjectiveTree(arcs[row : row + 1, :length, : length + 1], single_root=single_root)
        torch.testing.assert_close(together.log_partition()[row : row + 1], alone.log_partition(), rtol=0, atol=1e-12)
        torch.testing.assert_close(
            together.marginals().arcs[row, :length, : length + 1], alone.marginals().arcs[0], rtol=0, atol=1e-12
        )
        assert (together.marginals().arcs[row, length:] == 0).all()
        assert torch.equal(together.argmax().heads[row, :length], alone.argmax().heads[0])
        assert torch.equal(together.topk(3).heads[row, :, :length], alone.topk(3).heads[0])


def test_an_impossible_row_is_named() -> None:
    arcs = torch.zeros(2, 3, 4)
    arcs[1, :, 0] = -torch.inf
    structure = ProjectiveTree(arcs)
    for call in (structure.log_partition, structure.argmax, lambda: structure.topk(2), lambda: structure.sample(2)):
        with pytest.raises(StructureError, match="row 1 has no possible output"):
            call()
    crossing = torch.full((1, 4, 5), -torch.inf)
    crossing[0, torch.arange(4), torch.tensor([3, 0, 2, 2])] = 0.0  # 3 -> 1 crosses 0 -> 2
    structure = ProjectiveTree(crossing)
    for call in (structure.log_partition, structure.argmax, lambda: structure.topk(2), lambda: structure.sample(2)):
        with pytest.raises(StructureError, match="row 0 has no possible output"):
            call()


@pytest.mark.parametrize(
    "heads", [(3, 0, 2, 2), (2, 1, 0, 3), (0, 0, 2, 2), (2, 3, 1, 0)], ids=["crosses", "circle", "two roots", "circles"]
)
def test_what_is_no_tree_has_probability_zero(heads: tuple[int, ...]) -> None:
    structure = ProjectiveTree(torch.zeros(1, 4, 5))
    assert structure.log_prob(torch.tensor([heads])).item() == -torch.inf
    assert structure.log_prob(torch.tensor([[2, 0, 2, 3]])).item() == pytest.approx(-structure.log_partition().item())
