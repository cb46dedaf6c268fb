"""Non-projective trees at their edges: sharp scores against 2,000 digits, Cayley's counts, rows without a tree."""

from __future__ import annotations

import math
import re
from decimal import Decimal, localcontext
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.kernels.dispatch import Kernel, use_kernel
from syntagma.structures.nonprojective_tree import NonProjectiveTree

KERNELS: list[Kernel] = ["reference", "cpu"] if find_spec("numba") else ["reference"]
INFINITY = torch.inf
Matrix = list[list[Decimal]]


def _inverse(matrix: Matrix) -> tuple[Matrix, Decimal]:
    """The inverse and the determinant, by elimination; the entries have digits enough for what cancels."""
    size = len(matrix)
    rows = [row + [Decimal(i == j) for j in range(size)] for i, row in enumerate(matrix)]
    determinant = Decimal(1)
    for k in range(size):
        pivot = max(range(k, size), key=lambda i: abs(rows[i][k]))
        if pivot != k:
            rows[k], rows[pivot], determinant = rows[pivot], rows[k], -determinant
        determinant *= rows[k][k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[size:] for row in rows], determinant


def _by_digits(arcs: Tensor, single_root: bool, digits: int) -> tuple[float, Tensor]:
    """log Z and marginals of one sentence by the matrix-tree theorem (Koo et al., 2007) in so many digits."""
    words = arcs.shape[0]
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = digits, -(10**9), 10**9
        unit = Decimal("0.125").exp()  # the scores are multiples of an eighth: powers are quicker than exponentials
        weights = [
            [unit ** int(score * 8) if score > -math.inf else Decimal(0) for score in row] for row in arcs.tolist()
        ]
        laplacian = [[-weights[d][h + 1] for d in range(words)] for h in range(words)]
        for d in range(words):
            laplacian[d][d] = sum(weights[d][1:], Decimal(0)) + (0 if single_root else weights[d][0])
        if single_root:
            laplacian[0] = [weights[d][0] for d in range(words)]
        inverse, z = _inverse(laplacian)
        marginals = torch.zeros(words, words + 1, dtype=torch.float64)
        for d in range(words):
            marginals[d, 0] = float(weights[d][0] * inverse[d][0 if single_root else d])
            for h in range(words):
                own = Decimal(0) if single_root and d == 0 else inverse[d][d]
                other = Decimal(0) if single_root and h == 0 else inverse[d][h]
                marginals[d, h + 1] = float(weights[d][h + 1] * (own - other))
        return float(z.ln()), marginals


def _scores(words: int, deviation: float, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    arcs = (torch.randn(words, words + 1, generator=generator, dtype=torch.float64) * deviation * 8).round() / 8
    return arcs.masked_fill(torch.eye(words, words + 1).roll(1, 1).bool(), -INFINITY)


@pytest.mark.parametrize("single_root", [False, True])
@pytest.mark.parametrize(
    ("words", "deviation", "digits"), [(6, 100.0, 400), (12, 30.0, 400), (8, 1000.0, 2500), (20, 100.0, 400)]
)
def test_sharp_scores_against_many_digits(words: int, deviation: float, digits: int, single_root: bool) -> None:
    arcs = _scores(words, deviation)
    expected_z, expected = _by_digits(arcs, single_root, digits)
    for kernel in KERNELS:
        with use_kernel(kernel):
            tree = NonProjectiveTree(arcs.unsqueeze(0), single_root=single_root)
            torch.testing.assert_close(tree.log_partition().item(), expected_z, rtol=1e-12, atol=1e-10)
            torch.testing.assert_close(tree.marginals().arcs[0], expected, rtol=0, atol=1e-10)


def test_thirty_two_words_of_deviation_one_hundred() -> None:
    arcs = _scores(32, 100.0)
    _, expected = _by_digits(arcs, True, digits=500)
    for kernel in KERNELS:
        with use_kernel(kernel):
            found = NonProjectiveTree(arcs.unsqueeze(0).float()).marginals().arcs[0]
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("words", [1, 2, 3, 7, 20, 33, 64])
def test_cayley(words: int, kernel: Kernel) -> None:
    zeros = torch.zeros(2, words, words + 1, dtype=torch.float64)
    with use_kernel(kernel):
        many = NonProjectiveTree(zeros, single_root=False).log_partition()
        one = NonProjectiveTree(zeros, torch.tensor([words, 1])).log_partition()
    torch.testing.assert_close(many[0].item(), (words - 1) * math.log(words + 1))
    torch.testing.assert_close(one.tolist(), [(words - 1) * math.log(words), 0.0])


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("single_root", [False, True])
def test_circles_that_walks_hardly_leave(single_root: bool, kernel: Kernel) -> None:
    """Two words that choose each other with odds of e^500; a walk would go round e^500 times. Sampling terminates."""
    arcs = torch.zeros(1, 4, 5, dtype=torch.float64)
    arcs[0, 0, 2] = arcs[0, 1, 1] = arcs[0, 2, 4] = arcs[0, 3, 3] = 500.0
    with use_kernel(kernel):
        tree = NonProjectiveTree(arcs, single_root=single_root)
        assert torch.isfinite(tree.log_prob(tree.sample(20, torch.Generator().manual_seed(0)))).all()
        marginals = tree.marginals().arcs
    expected_z, expected = _by_digits(
        arcs[0].masked_fill(torch.eye(4, 5).roll(1, 1).bool(), -INFINITY), single_root, 2000
    )
    torch.testing.assert_close(tree.log_partition().item(), expected_z)
    torch.testing.assert_close(marginals[0], expected)


def _no_tree() -> list[tuple[str, bool, Tensor]]:
    """Rows in which each word has a head and yet there is no tree."""
    circle = _scores(3, 1.0)
    circle[0, [0, 3]] = circle[1, [0, 3]] = -INFINITY
    two_roots = _scores(3, 1.0)
    two_roots[0, 2:] = two_roots[1, 1:] = -INFINITY
    no_root = _scores(3, 1.0)
    no_root[:, 0] = -INFINITY
    return [("circle", True, circle), ("circle", False, circle), ("two", True, two_roots), ("none", False, no_root)]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("name", "single_root", "arcs"), _no_tree())
@pytest.mark.parametrize("call", ["log_partition", "marginals", "argmax", "topk", "sample", "entropy"])
def test_a_row_without_a_tree_is_named(name: str, single_root: bool, arcs: Tensor, call: str, kernel: Kernel) -> None:
    tree = NonProjectiveTree(torch.stack([_scores(3, 1.0), arcs]), single_root=single_root)
    with use_kernel(kernel), pytest.raises(StructureError, match="row 1 has no possible output"):
        getattr(tree, call)(*([2] if call in ("topk", "sample") else []))


def test_outputs_that_are_no_trees_are_forbidden() -> None:
    arcs = torch.zeros(1, 3, 4, dtype=torch.float64)
    outputs = torch.tensor([[[0, 1, 1], [2, 1, 0], [0, 0, 1], [0, 2, 1]]])  # a tree, a circle, two roots, a word alone
    expected = [1 / 9, 0, 0, 0], [1 / 16, 0, 1 / 16, 0]
    for single_root, probabilities in zip((True, False), expected, strict=True):
        found = NonProjectiveTree(arcs, single_root=single_root).log_prob(outputs).exp()
        torch.testing.assert_close(found, torch.tensor([probabilities], dtype=torch.float64))


@pytest.mark.parametrize("single_root", [False, True])
@pytest.mark.parametrize("call", ["log_partition", "marginals", "entropy"])
def test_derivatives(call: str, single_root: bool) -> None:
    """First ones with relations; second ones without, where a length is 1 and arcs are forbidden."""
    generator = torch.Generator().manual_seed(0)
    arcs = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64).requires_grad_(True)
    relations = torch.randn(2, 3, 4, 2, generator=generator, dtype=torch.float64).requires_grad_(True)
    forbidden = torch.zeros(2, 3, 4, dtype=torch.bool)
    forbidden[0, 1, 0] = forbidden[0, 2, 1] = True

    def function(arcs: Tensor, relations: Tensor | None = None) -> Tensor:
        scores = arcs.masked_fill(forbidden, -INFINITY)
        result = getattr(NonProjectiveTree(scores, torch.tensor([3, 1]), relations, single_root=single_root), call)()
        parts = result if call == "marginals" else [result]
        return torch.cat([part.flatten() for part in parts if part is not None])

    assert torch.autograd.gradcheck(function, (arcs, relations))
    if call != "marginals":
        assert torch.autograd.gradgradcheck(function, (arcs,))


@pytest.mark.parametrize("single_root", [False, True])
def test_derivatives_of_sharp_scores_are_numbers(single_root: bool) -> None:
    arcs = torch.stack([_scores(9, 1000.0), _scores(9, 20.0)]).requires_grad_(True)
    tree = NonProjectiveTree(arcs, single_root=single_root)
    gradient = torch.autograd.grad(tree.entropy().sum() + tree.log_partition().sum(), arcs)[0]
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("single_root", [False, True])
def test_samples_follow_the_distribution(single_root: bool, kernel: Kernel) -> None:
    arcs = torch.stack([_scores(3, 1.5, seed) for seed in (1, 2)])
    arcs[1, 2, 1] = -INFINITY
    tree = NonProjectiveTree(arcs, single_root=single_root)
    with use_kernel(kernel):
        samples = tree.sample(20_000, torch.Generator().manual_seed(1))
    for row in range(2):
        outputs, counts = samples[row].unique(dim=0, return_counts=True)
        probabilities = tree.log_prob(outputs.expand(2, -1, -1))[row].exp()
        torch.testing.assert_close(probabilities.sum().item(), 1.0, rtol=0, atol=1e-3)
        torch.testing.assert_close(counts / 20_000, probabilities.float(), rtol=0, atol=0.012)


def test_a_generator_repeats_its_samples() -> None:
    tree = NonProjectiveTree(_scores(5, 1.0).unsqueeze(0))
    first, second = (tree.sample(5, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, tree.sample(5, torch.Generator().manual_seed(8)))


def test_topk_lists_every_tree_when_asked_for_more() -> None:
    best = NonProjectiveTree(torch.zeros(1, 4, 5)).topk(70)
    assert (best.scores > -INFINITY).sum() == 64
    assert len({tuple(heads) for heads in best.heads[0].tolist()}) == 65
    with pytest.raises(StructureError, match=re.escape("k is 0")):
        NonProjectiveTree(torch.zeros(1, 4, 5)).topk(0)
