"""Trilinear scores of two arcs against loops over words and terms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import BiaffineArcs, TrilinearGrandparents, TrilinearSiblings
from syntagma.structures.second_order_heads import SecondOrderHeads

LENGTHS = torch.tensor([3, 1, 2])
KINDS = (TrilinearSiblings, TrilinearGrandparents)


def words() -> Tensor:
    """Word vectors with NaN in padding."""
    vectors = torch.randn(3, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.arange(3) < LENGTHS.unsqueeze(1)
    return vectors.masked_fill(~inside.unsqueeze(2), float("nan"))


def filled(scorer: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    scorer = scorer.double().eval()
    for parameter in scorer.parameters():
        nn.init.normal_(parameter)
    return scorer


def role(module: nn.Module, vector: Tensor) -> Tensor:
    """`[leaky_relu(W h + c); 1]` by hand."""
    plain = module.linear.weight @ vector + module.linear.bias
    return torch.cat([torch.where(plain > 0, plain, 0.1 * plain), torch.ones(1)])


def product(matrices: tuple[Tensor, ...], *parts: Tensor) -> Tensor:
    """The sum over terms of the three parts' products."""
    terms = [torch.stack([part @ matrix[:, r] for part, matrix in zip(parts, matrices, strict=True)]) for r in range(4)]
    return torch.stack([term.prod() for term in terms]).sum()


def test_siblings_equal_their_formula() -> None:
    scorer = filled(TrilinearSiblings(5, hidden=3, rank=4))
    matrices = (scorer.of_dependent, scorer.of_head, scorer.of_dependent)
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 3, 4, 3)
    for row, length in enumerate(LENGTHS.tolist()):
        places = [scorer.root.vector, *words()[row, :length]]
        for i in range(length):
            for j in range(length + 1):
                for k in range(length):
                    parts = [role(scorer.dependent, places[i + 1]), role(scorer.head, places[j])]
                    expected = product(matrices, *parts, role(scorer.dependent, places[k + 1]))
                    torch.testing.assert_close(scores[row, i, j, k], expected)


def test_grandparents_equal_their_formula() -> None:
    scorer = filled(TrilinearGrandparents(5, hidden=3, rank=4))
    matrices = (scorer.of_dependent, scorer.of_head, scorer.of_grandparent)
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 3, 4, 4)
    for row, length in enumerate(LENGTHS.tolist()):
        places = [scorer.root.vector, *words()[row, :length]]
        for i in range(length):
            for j in range(length + 1):
                for k in range(length + 1):
                    parts = [role(scorer.dependent, places[i + 1]), role(scorer.head, places[j])]
                    expected = product(matrices, *parts, role(scorer.grandparent, places[k]))
                    torch.testing.assert_close(scores[row, i, j, k], expected)


def test_second_order_heads_learn_from_them_in_a_ragged_batch() -> None:
    """Padding reaches neither the distribution nor a gradient, and the order of two siblings does not matter."""
    scorers = [filled(BiaffineArcs(5, hidden=3)), *(filled(kind(5, hidden=3, rank=4)) for kind in KINDS)]

    def partition(vectors: Tensor, lengths: Tensor | None) -> Tensor:
        return SecondOrderHeads(*(scorer(vectors, lengths) * 0.1 for scorer in scorers), lengths).log_partition()

    ragged = partition(words(), LENGTHS)
    gradients = torch.autograd.grad(ragged.sum(), [p for scorer in scorers for p in scorer.parameters()])
    assert all(gradient.isfinite().all() for gradient in gradients)
    torch.testing.assert_close(ragged[2:], partition(words()[2:, :2], None))
    siblings = scorers[1](words()[:1])
    torch.testing.assert_close(siblings, siblings.transpose(1, 3))


def test_parameter_counts_and_first_values() -> None:
    width, hidden, rank = 7, 4, 6
    siblings = TrilinearSiblings(width, hidden=hidden, rank=rank)
    grandparents = TrilinearGrandparents(width, hidden=hidden, rank=rank)
    role_size, matrix = width * hidden + hidden, (hidden + 1) * rank
    assert sum(p.numel() for p in siblings.parameters()) == width + 2 * role_size + 2 * matrix
    assert sum(p.numel() for p in grandparents.parameters()) == width + 3 * role_size + 3 * matrix
    default = TrilinearSiblings(width).of_head
    assert default.shape == (151, 150)
    assert default.std().item() == pytest.approx(0.25 * math.sqrt(2 / 301), rel=0.05)


def test_words_that_cannot_be_scored() -> None:
    with pytest.raises(StructureError, match=r"word vectors have shape \[2, 3, 4\]\. Give them as \[batch, words, 5\]"):
        TrilinearSiblings(5)(torch.zeros(2, 3, 4))
