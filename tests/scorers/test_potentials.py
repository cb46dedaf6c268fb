"""Every chain potential against its formula, the paper's count of parameters, gradients, and enumeration."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import (
    Concat,
    DecomposedPentalinear,
    DecomposedQuadrilinear,
    DecomposedTrilinear,
    Scorer,
    Softmax,
    ThreeBilinear,
    Trilinear,
    TwoBilinear,
    Vanilla,
)
from syntagma.structures import LinearChain

from .formulas import chain_path_scores, path_scores, potential

D, K, T_WIDTH, R = 6, 3, 3, 7
Make = Callable[[], Scorer]


def embedded(kind: type[Scorer], **options: object) -> Make:
    return lambda: kind(D, K, label_width=T_WIDTH, **options)  # type: ignore[call-arg]


SCORERS: dict[str, tuple[Make, int]] = {
    "softmax": (lambda: Softmax(D, K), D * K + K),
    "vanilla": (lambda: Vanilla(D, K), D * K + K + K * K + 2 * K),
    "two-bilinear": (embedded(TwoBilinear), 42),
    "three-bilinear": (embedded(ThreeBilinear), 60),
    "trilinear": (embedded(Trilinear), 69),
    "decomposed-trilinear": (embedded(DecomposedTrilinear, rank=R), 99),
    "decomposed-trilinear, scaled": (embedded(DecomposedTrilinear, rank=R, scale=True), 99),
    "decomposed-quadrilinear": (embedded(DecomposedQuadrilinear, rank=R), 153),
    "decomposed-quadrilinear, next": (embedded(DecomposedQuadrilinear, rank=R, neighbours="next"), 153),
    "decomposed-quadrilinear, mean": (embedded(DecomposedQuadrilinear, rank=R, neighbours="mean", scale=True), 153),
    "decomposed-pentalinear": (embedded(DecomposedPentalinear, rank=R), 195),
    "concat": (embedded(Concat, rank=R), (D + 2 * T_WIDTH) * R + 2 * R + 5 * T_WIDTH),
    "concat, prev": (embedded(Concat, rank=R, neighbours="prev"), (2 * D + 2 * T_WIDTH) * R + 2 * R + 5 * T_WIDTH + 12),
    "concat, next": (embedded(Concat, rank=R, neighbours="next"), (2 * D + 2 * T_WIDTH) * R + 2 * R + 5 * T_WIDTH + 12),
}
WORDS, LENGTHS = 3, torch.tensor([3, 1, 2])


@pytest.fixture(params=SCORERS)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    """One scorer after another, in float64 with weights of size 1."""
    torch.manual_seed(7)
    made = SCORERS[request.param][0]().double()
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


def words() -> Tensor:
    """Word vectors with NaN in padding: whoever reads it gives itself away."""
    vectors = torch.randn(len(LENGTHS), WORDS, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.arange(WORDS) < LENGTHS.unsqueeze(1)
    return vectors.masked_fill(~inside.unsqueeze(2), float("nan"))


@pytest.mark.parametrize("name", SCORERS)
def test_parameter_counts_of_the_paper(name: str) -> None:
    """Those of the paper's table are for D = 6, T = 5, t = 3, R = 7: 42, 60, 69, 99, 153, 195."""
    make, count = SCORERS[name]
    assert sum(parameter.numel() for parameter in make().parameters()) == count


def test_every_sequence_scores_as_the_formula_says(scorer: Scorer) -> None:
    """In a ragged batch. The bilinear ones leave out what the ends' words say of every label alike."""
    scores = scorer(words(), LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected = path_scores(potential(scorer, words()[row, :length]), length, K)
        found = chain_path_scores(scores, row, length)
        if isinstance(scorer, TwoBilinear | ThreeBilinear):
            expected, found = expected - expected[0], found - found[0]
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_chain_of_the_scores_equals_enumeration(scorer: Scorer) -> None:
    """log Z, posteriors and the best sequence over all K^n sequences of one ragged batch."""
    scores = scorer(words(), LENGTHS)
    chain = LinearChain(*scores[:4], LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        weights = path_scores(potential(scorer, words()[row, :length]), length, K)
        paths = torch.tensor(list(product(range(K), repeat=length)))
        probabilities = weights.softmax(0)
        padded = torch.cat([paths, torch.zeros(len(paths), WORDS - length, dtype=torch.long)], 1)
        found = chain.log_prob(padded.expand(len(LENGTHS), -1, -1))[row]
        torch.testing.assert_close(found.exp().sum().item(), 1.0)
        torch.testing.assert_close(found.exp(), probabilities)
        for label in range(K):
            expected = ((paths == label) * probabilities.unsqueeze(1)).sum(0)
            torch.testing.assert_close(chain.marginals().emissions[row, :length, label], expected)
        best = chain.argmax().labels[row, :length]
        torch.testing.assert_close(probabilities[(paths == best).all(1)].item(), probabilities.max().item())


def loss(scorer: Scorer, vectors: Tensor, lengths: Tensor) -> Tensor:
    chain = LinearChain(*scorer(vectors, lengths)[:4], lengths)
    return chain.log_prob(torch.zeros(vectors.shape[:2], dtype=torch.long)).sum() + chain.entropy().sum()


def test_gradients_of_every_parameter_and_of_the_words(scorer: Scorer) -> None:
    names = [name for name, _ in scorer.named_parameters()]
    inside = torch.arange(WORDS) < LENGTHS.unsqueeze(1)
    vectors = words().where(inside.unsqueeze(2), 0.0).mul(0.3).requires_grad_(True)

    def function(vectors: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        scores = torch.func.functional_call(scorer, dict(zip(names, values, strict=True)), (vectors, LENGTHS))
        chain = LinearChain(*scores[:4], LENGTHS)
        return (chain.log_prob(torch.zeros(len(LENGTHS), WORDS, dtype=torch.long)), chain.entropy())

    values = [value.detach().mul(0.3).requires_grad_(True) for value in scorer.parameters()]
    assert torch.autograd.gradcheck(function, (vectors, *values), fast_mode=True)


def test_padding_changes_nothing(scorer: Scorer) -> None:
    """Loss, gradients and the best sequence of a row are the same alone and in a ragged batch with NaN in padding."""
    batch = loss(scorer, words(), LENGTHS)
    gradients = torch.autograd.grad(batch, list(scorer.parameters()), allow_unused=True)
    alone = sum(
        loss(scorer, words()[row : row + 1, :length], torch.tensor([length]))
        for row, length in enumerate(LENGTHS.tolist())
    )
    separate = torch.autograd.grad(alone, list(scorer.parameters()), allow_unused=True)  # type: ignore[arg-type]
    torch.testing.assert_close(batch, alone)
    for one, other in zip(gradients, separate, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            torch.testing.assert_close(one, other)
    best = LinearChain(*scorer(words(), LENGTHS)[:4], LENGTHS).argmax().labels
    for row, length in enumerate(LENGTHS.tolist()):
        single = LinearChain(*scorer(words()[row : row + 1, :length])[:4]).argmax().labels
        assert single[0].tolist() == best[row, :length].tolist()


def test_full_rows_need_no_lengths(scorer: Scorer) -> None:
    vectors = torch.randn(2, 3, D, dtype=torch.float64)
    for one, other in zip(scorer(vectors), scorer(vectors, torch.tensor([3, 3])), strict=True):
        assert (one is None and other is None) or torch.equal(one, other)


@pytest.mark.parametrize(
    ("vectors", "lengths", "message"),
    [
        (torch.zeros(2, D), None, r"word vectors have shape \[2, 6\]. Give them as \[batch, words, 6\]"),
        (torch.zeros(2, 3, D + 1), None, r"shape \[2, 3, 7\]. Give them as \[batch, words, 6\]"),
        (torch.zeros(2, 0, D), None, r"shape \[2, 0, 6\]"),
        (torch.zeros(2, 3, D), torch.tensor([3, 0]), "row 1 has length 0. Lengths are from 1 to 3 here"),
        (torch.zeros(2, 3, D), torch.tensor([3.0, 1.0]), r"lengths are torch.float32 of shape \[2\]. Give 2 integers"),
    ],
)
def test_words_that_cannot_be_scored(vectors: Tensor, lengths: Tensor | None, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        DecomposedQuadrilinear(D, K, rank=2)(vectors, lengths)
