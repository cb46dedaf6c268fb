"""The compiled kernel of non-projective trees beside the reference: same sums, same trees, also of equal scores."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.structures.kernels.reference import nonprojective as reference

pytest.importorskip("numba", reason="the extra 'fast' is not installed")

from syntagma.structures.kernels.cpu import nonprojective as cpu

SIZES = [1, 2, 3, 5, 8, 13, 33]


def _scores(words: int, deviation: float, forbidden: float, *, rounded: bool) -> tuple[Tensor, Tensor]:
    """Ragged rows of scores as the kernels take them; with rounded ones many are equal."""
    generator = torch.Generator().manual_seed(words)
    arcs = torch.randn(6, words, words + 1, generator=generator, dtype=torch.float64) * deviation
    arcs = arcs.round() if rounded else arcs
    chances = torch.rand(arcs.shape, generator=generator)
    arcs[..., 1:].masked_fill_(chances[..., 1:] < forbidden, -torch.inf)  # so that there is a tree of many roots
    arcs.masked_fill_(torch.eye(words, words + 1).roll(1, 1).bool(), -torch.inf)
    sizes = torch.randint(1, words + 1, (6,), generator=generator)
    for row, size in enumerate(sizes.tolist()):
        arcs[row, size:] = arcs[row, :, size + 1 :] = -torch.inf
    return arcs, sizes


@pytest.mark.parametrize("single_root", [False, True])
@pytest.mark.parametrize("words", SIZES)
@pytest.mark.parametrize(("deviation", "forbidden"), [(0.0, 0.0), (1.0, 0.4), (30.0, 0.0), (100.0, 0.4), (1e4, 0.0)])
def test_sums(words: int, deviation: float, forbidden: float, single_root: bool) -> None:
    arcs, sizes = _scores(words, deviation, forbidden, rounded=False)
    expected, found = (kernel.tree_sums(arcs, sizes, single_root) for kernel in (reference, cpu))
    torch.testing.assert_close(found[0], expected[0], rtol=1e-12, atol=1e-10)
    some = expected[0] > -torch.inf
    torch.testing.assert_close(found[1][some], expected[1][some], rtol=0, atol=1e-10)


@pytest.mark.parametrize("single_root", [False, True])
@pytest.mark.parametrize("words", SIZES)
@pytest.mark.parametrize("deviation", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("forbidden", [0.0, 0.6])
def test_best_trees(words: int, deviation: float, forbidden: float, single_root: bool) -> None:
    for rounded in (False, True):
        arcs, sizes = _scores(words, deviation, forbidden, rounded=rounded)
        some = reference.tree_sums(arcs, sizes, single_root)[0] > -torch.inf
        valid = torch.arange(words) < sizes.unsqueeze(1)
        expected, found = (kernel.best(arcs, single_root).where(valid, 0)[some] for kernel in (reference, cpu))
        assert torch.equal(found, expected)
        if words <= 8:
            lists = (kernel.k_best(arcs, single_root, 6)[some] for kernel in (reference, cpu))
            expected, found = (trees.where(valid[some].unsqueeze(1), 0) for trees in lists)
            assert torch.equal(found, expected)
