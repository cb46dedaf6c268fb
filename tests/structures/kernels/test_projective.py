"""The compiled kernel of projective trees against the reference, on random and on adversarial scores."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

from syntagma.structures.kernels.cpu import projective as compiled
from syntagma.structures.kernels.reference import projective as reference


def batch(words: int, scale: float, forbidden: float = 0.0) -> tuple[Tensor, Tensor]:
    """Scores of ragged rows, -inf where there is no arc; every row has a tree, along the words."""
    generator = torch.Generator().manual_seed(words)
    lengths = torch.tensor([words, max(1, words // 2), max(1, words - 3), 1])
    arcs = torch.randn(4, words, words + 1, dtype=torch.float64, generator=generator) * scale
    along = torch.eye(words, words + 1, dtype=torch.bool)
    arcs[(torch.rand(arcs.shape, generator=generator) < forbidden) & ~along] = -torch.inf
    for row, length in enumerate(lengths.tolist()):
        arcs[row, length:] = arcs[row, :, length + 1 :] = -torch.inf
    arcs[:, torch.arange(words), torch.arange(1, words + 1)] = -torch.inf
    return arcs, lengths


SCALES = [0.0, 1.0, 20.0, 1e4, 1e12]
both = pytest.mark.parametrize("single_root", [True, False])


@both
@pytest.mark.parametrize("forbidden", [0.0, 0.6])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("words", [1, 2, 7, 8, 9, 33])
def test_inside_outside(words: int, scale: float, forbidden: float, single_root: bool) -> None:
    arcs, lengths = batch(words, scale, forbidden)
    log_z, marginals = compiled.inside_outside(arcs, lengths, single_root)
    expected, probabilities = reference.inside_outside(arcs, lengths, single_root)
    torch.testing.assert_close(log_z, expected, rtol=1e-13, atol=1e-11)
    # the difference of two sums of size 1e12 is known to 1e-3
    torch.testing.assert_close(marginals, probabilities, rtol=0, atol=1e-11 + 1e-14 * scale)
    assert ((marginals.sum(-1) - 1).abs() < 1e-11).sum(1).equal(lengths)


@both
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("words", [1, 9, 20])
def test_the_same_best_trees_even_of_equals(words: int, scale: float, single_root: bool) -> None:
    arcs, lengths = batch(words, scale)
    arcs = arcs.round()
    best = reference.k_best(arcs, lengths, single_root, 6)
    assert torch.equal(compiled.k_best(arcs, lengths, single_root, 6), best)
    for kernel in (compiled, reference):
        assert torch.equal(kernel.best(arcs, lengths, single_root)[0], best[:, 0].clamp(min=0))


@both
def test_an_item_far_better_than_its_first_and_last_split(single_root: bool) -> None:
    """Beyond float64's range, so that the largest product must be sought."""
    arcs, lengths = batch(24, 1.0)
    arcs[:, :, 12] = arcs[:, :, 12] + 300.0
    arcs[:, ::5] = arcs[:, ::5] * 700.0
    log_z, marginals = compiled.inside_outside(arcs, lengths, single_root)
    expected, probabilities = reference.inside_outside(arcs, lengths, single_root)
    torch.testing.assert_close(log_z, expected, rtol=1e-13, atol=1e-11)
    torch.testing.assert_close(marginals, probabilities, rtol=0, atol=1e-10)


@both
def test_a_row_without_a_tree_is_minus_infinity_and_disturbs_no_other(single_root: bool) -> None:
    arcs, lengths = batch(9, 5.0)
    expected, probabilities = compiled.inside_outside(arcs, lengths, single_root)
    arcs[1, :, 0] = -torch.inf
    for kernel in (compiled, reference):
        log_z, marginals = kernel.inside_outside(arcs, lengths, single_root)
        assert log_z[1] == -torch.inf
        others = torch.tensor([0, 2, 3])
        torch.testing.assert_close(log_z[others], expected[others], rtol=1e-14, atol=0)
        torch.testing.assert_close(marginals[others], probabilities[others], rtol=0, atol=1e-12)
        assert (kernel.k_best(arcs, lengths, single_root, 2)[1] == -1).all()


@both
def test_samples_of_sharp_scores(single_root: bool) -> None:
    arcs, lengths = batch(20, 20.0)
    for kernel in (compiled, reference):
        heads = kernel.sample(arcs, lengths, single_root, 500, torch.Generator().manual_seed(0))
        _, marginals = kernel.inside_outside(arcs, lengths, single_root)
        frequencies = torch.stack([(heads == head).double().mean(1) for head in range(21)], -1)
        assert (frequencies - marginals).abs().max() < 5 * 0.5 / 500**0.5


@both
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_not_read(single_root: bool, dtype: torch.dtype) -> None:
    arcs, lengths = batch(9, 5.0)
    arcs = arcs.to(dtype)
    garbage = arcs.clone()
    for row, length in enumerate(lengths.tolist()):
        garbage[row, length:] = garbage[row, :, length + 1 :] = torch.nan
    garbage[:, torch.arange(9), torch.arange(1, 10)] = torch.inf
    for kernel in (compiled, reference):
        for call in (kernel.inside_outside, kernel.best):
            for found, expected in zip(
                call(garbage, lengths, single_root), call(arcs, lengths, single_root), strict=True
            ):
                assert torch.equal(found, expected)


@both
@pytest.mark.parametrize("odd", [torch.nan, torch.inf])
def test_odd_scores_make_no_finite_number(single_root: bool, odd: float) -> None:
    for word, head in ((0, 0), (0, 5), (8, 0), (8, 7), (3, 8)):
        arcs, lengths = batch(9, 5.0)
        arcs[0, word, head] = odd
        for kernel in (compiled, reference):
            assert not kernel.inside_outside(arcs, lengths, single_root)[0][0].isfinite()
            assert not kernel.best(arcs, lengths, single_root)[1][0].isfinite()
