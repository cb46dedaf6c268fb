"""What the paper's file says of single potentials: a worked example, which contain which, first values."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from syntagma.scorers import (
    Concat,
    DecomposedQuadrilinear,
    DecomposedTrilinear,
    Scorer,
    ThreeBilinear,
    Trilinear,
    TwoBilinear,
    Vanilla,
)
from syntagma.structures import LinearChain

VECTORS = torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
LENGTHS = torch.tensor([4, 2])


def fill(scorer: Scorer, **values: object) -> None:
    """Set parameters by their dotted names."""
    with torch.no_grad():
        for name, value in values.items():
            scorer.get_parameter(name.replace("__", ".")).copy_(torch.as_tensor(value, dtype=torch.float64))


def distributions_agree(one: Scorer, other: Scorer, vectors: Tensor = VECTORS) -> None:
    """Both give the same log-probability to every sequence of two labels or three."""
    chains = [LinearChain(*scorer(vectors, LENGTHS)[:4], LENGTHS) for scorer in (one, other)]
    for part, same in zip(chains[0].marginals(), chains[1].marginals(), strict=True):
        torch.testing.assert_close(part, same)


def test_the_worked_example_of_the_quadrilinear() -> None:
    scorer = DecomposedQuadrilinear(2, 2, rank=2, label_width=1).double()
    fill(
        scorer,
        embeddings__table=[[1.0], [2.0], [1.0], [2.0]],
        word=torch.eye(2),
        neighbour=[[1, 1], [0, 1]],
        label_from=[[1, -1]],
        label_to=[[0.5, 1]],
        boundaries__first=[1, 1],
        boundaries__last=[5, 7],
    )
    scores = scorer(torch.tensor([[[1.0, 2.0], [0.0, -1.0]]], dtype=torch.float64))
    # START has the embedding of the first label here, so the first row of phi_1 is `start`
    torch.testing.assert_close(scores.start[0], torch.tensor([-3.5, -7.0], dtype=torch.float64))
    torch.testing.assert_close(scores.transitions[0, 0], torch.tensor([[3.0, 6.0], [6.0, 12.0]], dtype=torch.float64))
    fill(scorer, embeddings__table=[[1.0], [2.0], [2.0], [2.0]])
    scores = scorer(torch.tensor([[[1.0, 2.0], [0.0, -1.0]]], dtype=torch.float64))
    torch.testing.assert_close(scores.start[0], torch.tensor([-7.0, -14.0], dtype=torch.float64))


def test_three_bilinear_judges_the_label_before() -> None:
    """Pitfall 1: without label-label scores it still varies with the label before, and adds up over both labels."""
    torch.manual_seed(0)
    scorer = ThreeBilinear(5, 3, label_width=4).double()
    fill(scorer, word_to=torch.zeros(5, 4), from_to=torch.zeros(4, 4))
    emissions, transitions, start, end, _ = scorer(VECTORS, LENGTHS)
    assert not transitions.any()
    assert not start.any()
    assert not end.any()
    for row, length in enumerate(LENGTHS.tolist()):
        for i in range(length):
            next_word = VECTORS[row, min(i + 1, length - 1)]
            expected = scorer.embeddings().labels @ scorer.word_from.T @ next_word
            torch.testing.assert_close(emissions[row, i], expected)
    assert (emissions[0, 0] - emissions[0, 0, 0]).abs().max() > 1e-3


def test_a_quadrilinear_whose_neighbour_says_one_is_trilinear() -> None:
    """h_{i-1} G = 1 for all words, by a constant feature; at the end step `last` is made to be the last word."""
    torch.manual_seed(1)
    trilinear = DecomposedTrilinear(5, 3, rank=6, label_width=4).double()
    quadrilinear = DecomposedQuadrilinear(5, 3, rank=6, label_width=4).double()
    ones = VECTORS.clone()
    ones[..., 4] = 1.0
    ones[:, -1] = ones[0, -1]
    ones[1, 1] = ones[0, -1]
    neighbour = torch.zeros(5, 6)
    neighbour[4] = 1.0
    shared = {name: getattr(trilinear, name) for name in ("word", "label_from", "label_to")}
    fill(quadrilinear, embeddings__table=trilinear.embeddings.table, neighbour=neighbour, **shared)
    fill(quadrilinear, boundaries__first=ones[0, 0], boundaries__last=ones[0, -1])
    for one, other in zip(trilinear(ones, LENGTHS)[:4], quadrilinear(ones, LENGTHS)[:4], strict=True):
        rows = one[:1], other[:1]  # the other row has padding
        torch.testing.assert_close(*rows)
    distributions_agree(trilinear, quadrilinear, ones)


def test_a_decomposed_trilinear_of_enough_rank_is_any_trilinear() -> None:
    torch.manual_seed(2)
    full = Trilinear(5, 3, label_width=2).double()
    decomposed = DecomposedTrilinear(5, 3, rank=5 * 2 * 2, label_width=2).double()
    x, g, k = (axis.flatten() for axis in torch.meshgrid(*(torch.arange(n) for n in (5, 2, 2)), indexing="ij"))
    fill(
        decomposed,
        embeddings__table=full.embeddings.table,
        word=torch.eye(5)[:, x] * full.tensor[x, g, k],
        label_from=torch.eye(2)[:, g],
        label_to=torch.eye(2)[:, k],
    )
    for one, other in zip(full(VECTORS, LENGTHS)[:4], decomposed(VECTORS, LENGTHS)[:4], strict=True):
        torch.testing.assert_close(one[:1], other[:1])
    distributions_agree(full, decomposed)


def test_a_trilinear_with_constant_features_is_two_bilinear() -> None:
    torch.manual_seed(3)
    vectors = torch.cat([VECTORS, torch.ones(2, 4, 1, dtype=torch.float64)], 2)
    bilinear = TwoBilinear(5, 3, label_width=2).double()
    trilinear = Trilinear(6, 3, label_width=3).double()
    tensor = torch.zeros(6, 3, 3, dtype=torch.float64)
    tensor[:5, 2, :2] = bilinear.word_to.detach()
    tensor[5, :2, :2] = bilinear.from_to.detach()
    table = torch.cat([bilinear.embeddings.table, torch.ones(5, 1)], 1)
    fill(trilinear, embeddings__table=table, tensor=tensor)
    chains = [
        LinearChain(*bilinear(VECTORS, LENGTHS)[:4], LENGTHS),
        LinearChain(*trilinear(vectors, LENGTHS)[:4], LENGTHS),
    ]
    for one, other in zip(chains[0].marginals(), chains[1].marginals(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_two_bilinear_with_labels_of_their_own_is_vanilla_without_bias() -> None:
    torch.manual_seed(4)
    bilinear = TwoBilinear(5, 3, label_width=5).double()
    fill(bilinear, embeddings__table=torch.eye(5))
    vanilla = Vanilla(5, 3).double()
    fill(vanilla, emission__bias=torch.zeros(3), emission__weight=bilinear.word_to[:, :3].T)
    fill(vanilla, transitions=bilinear.from_to[:3, :3], start=bilinear.from_to[3, :3], end=bilinear.from_to[:3, 4])
    for one, other in zip(bilinear(VECTORS, LENGTHS)[:4], vanilla(VECTORS, LENGTHS)[:4], strict=True):
        torch.testing.assert_close(one[:1], other[:1])


def test_one_term_a_pair_of_symbols_holds_any_table() -> None:
    """With E fixed to one-hot and R = T^2 the decomposed form reproduces any given transition table."""
    symbols, labels = 5, 3
    wanted = torch.randn(symbols, symbols, dtype=torch.float64)
    scorer = DecomposedTrilinear(1, labels, rank=symbols**2, label_width=symbols).double()
    rows = torch.eye(symbols, dtype=torch.float64)
    fill(
        scorer,
        embeddings__table=torch.eye(symbols),
        word=wanted.reshape(1, -1),
        label_from=rows.repeat_interleave(symbols, 1),
        label_to=rows.repeat(1, symbols),
    )
    scores = scorer(torch.ones(1, 3, 1, dtype=torch.float64))
    torch.testing.assert_close(scores.transitions[0, 1], wanted[:labels, :labels])
    torch.testing.assert_close(scores.start[0], wanted[labels, :labels])
    torch.testing.assert_close(scores.end[0], wanted[:labels, labels + 1])


def test_scaling_divides_by_the_root_of_the_rank() -> None:
    torch.manual_seed(5)
    plain = DecomposedQuadrilinear(5, 3, rank=16)
    torch.manual_seed(5)
    scaled = DecomposedQuadrilinear(5, 3, rank=16, scale=True)
    vectors = VECTORS.float()
    torch.testing.assert_close(scaled(vectors).transitions * 4, plain(vectors).transitions)


def test_first_values() -> None:
    torch.manual_seed(6)
    scorer = DecomposedQuadrilinear(300, 30, rank=200, label_width=50)
    for name in ("word", "neighbour", "label_from", "label_to"):
        assert abs(scorer.get_parameter(name).std().item() - 0.1545) < 0.01
    table, bound = scorer.embeddings.table, math.sqrt(6 / (32 + 50))
    assert table.abs().max() <= bound
    assert abs(table.std().item() - bound / math.sqrt(3)) < 0.02
    assert not torch.allclose(table[0], table[1])  # pitfall 4: all labels alike
    for vector in (scorer.boundaries.first, scorer.boundaries.last):  # pitfall 2: memory that nobody filled
        assert 0.5 * math.sqrt(3 / 300) < vector.abs().max() <= math.sqrt(3 / 300)
    assert not Concat(4, 3, rank=5).bias.any()


def test_the_decomposed_form_never_holds_words_times_symbols_times_rank() -> None:
    """Evaluating 64 words with rank 2,000 and 30 labels makes no tensor of more than words times labels squared."""
    scorer = DecomposedQuadrilinear(8, 30, rank=2000)
    largest = 0

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):  # type: ignore[no-untyped-def]
            nonlocal largest
            result = function(*arguments, **(options or {}))
            largest = max(largest, result.numel() if isinstance(result, Tensor) else 0)
            return result

    with Watch():
        scorer(torch.randn(1, 64, 8))
    assert largest <= 2000 * 30 * 30
