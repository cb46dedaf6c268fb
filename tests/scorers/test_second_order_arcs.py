"""Trilinear scores of two arcs against loops over words and terms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import TrilinearGrandparents, TrilinearSiblings

LENGTHS = torch.tensor([3, 1, 2])


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


def product(scorer: nn.Module, *parts: Tensor) -> Tensor:
    """The sum over terms of the three parts' products."""
    matrices = (scorer.triples.first, scorer.triples.second, scorer.triples.third)
    terms = [torch.stack([part @ matrix[:, r] for part, matrix in zip(parts, matrices, strict=True)]) for r in range(4)]
    return torch.stack([term.prod() for term in terms]).sum()


def test_siblings_equal_their_formula() -> None:
    scorer = filled(TrilinearSiblings(5, hidden=3, rank=4))
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 3, 4, 3)
    for row, length in enumerate(LENGTHS.tolist()):
        places = [scorer.root.vector, *words()[row, :length]]
        for i in range(length):
            for j in range(length + 1):
                for k in range(length):
                    parts = [role(scorer.dependent, places[i + 1]), role(scorer.head, places[j])]
                    expected = product(scorer, *parts, role(scorer.dependent, places[k + 1]))
                    torch.testing.assert_close(scores[row, i, j, k], expected)


def test_grandparents_equal_their_formula() -> None:
    scorer = filled(TrilinearGrandparents(5, hidden=3, rank=4))
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 3, 4, 4)
    for row, length in enumerate(LENGTHS.tolist()):
        places = [scorer.root.vector, *words()[row, :length]]
        for i in range(length):
            for j in range(length + 1):
                for k in range(length + 1):
                    parts = [role(scorer.dependent, places[i + 1]), role(scorer.head, places[j])]
                    expected = product(scorer, *parts, role(scorer.grandparent, places[k]))
                    torch.testing.assert_close(scores[row, i, j, k], expected)


@pytest.mark.parametrize("kind", [TrilinearSiblings, TrilinearGrandparents])
def test_padding_reaches_no_gradient(kind: type[TrilinearSiblings] | type[TrilinearGrandparents]) -> None:
    scorer = filled(kind(5, hidden=3, rank=4))
    scores = scorer(words(), LENGTHS)
    own = torch.zeros_like(scores)
    for row, length in enumerate(LENGTHS.tolist()):
        own[row, :length, : length + 1, :length] = 1.0
    gradients = torch.autograd.grad((scores * own).sum(), list(scorer.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    torch.testing.assert_close(scores[2:, :2, :3, :2], scorer(words()[2:, :2])[:, :, :, :2])


def test_parameter_counts_and_first_values() -> None:
    width, hidden, rank = 7, 4, 6
    siblings = TrilinearSiblings(width, hidden=hidden, rank=rank)
    grandparents = TrilinearGrandparents(width, hidden=hidden, rank=rank)
    role_size, triples = width * hidden + hidden, 3 * (hidden + 1) * rank
    assert sum(p.numel() for p in siblings.parameters()) == width + 2 * role_size + triples
    assert sum(p.numel() for p in grandparents.parameters()) == width + 3 * role_size + triples
    default = TrilinearSiblings(width).triples
    assert default.first.shape == (151, 150)
    assert default.first.std().item() == pytest.approx(0.25 * math.sqrt(2 / 301), rel=0.05)


def test_words_that_cannot_be_scored() -> None:
    with pytest.raises(StructureError, match=r"word vectors have shape \[2, 3, 4\]\. Give them as \[batch, words, 5\]"):
        TrilinearSiblings(5)(torch.zeros(2, 3, 4))
