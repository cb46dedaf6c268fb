"""Biaffine arcs and relations against loops over words, features and labels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import BiaffineArcs, BiaffineRelations
from syntagma.structures.heads import IndependentHeads

LENGTHS = torch.tensor([4, 1, 2])


def words() -> Tensor:
    """Word vectors with NaN in padding."""
    vectors = torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.arange(4) < LENGTHS.unsqueeze(1)
    return vectors.masked_fill(~inside.unsqueeze(2), float("nan"))


def role(module: nn.Module, vector: Tensor) -> Tensor:
    """`leaky_relu(W h + c)` by hand."""
    plain = module.linear.weight @ vector + module.linear.bias
    return torch.where(plain > 0, plain, 0.1 * plain)


def filled(module: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    module = module.double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module


def head(scorer: nn.Module, row: int, number: int) -> Tensor:
    """Head 0 is the root, head j is word j - 1."""
    vector = scorer.root.vector if number == 0 else words()[row, number - 1]
    return role(scorer.head, vector)


def test_arcs_equal_their_formula() -> None:
    scorer = filled(BiaffineArcs(5, hidden=3))
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 4, 5)
    for row, length in enumerate(LENGTHS.tolist()):
        for i in range(length):
            dependent = torch.cat([role(scorer.dependent, words()[row, i]), torch.ones(1)])
            for j in range(length + 1):
                other = head(scorer, row, j)
                expected = sum(dependent[x] * scorer.weight[x, y] * other[y] for x in range(4) for y in range(3))
                torch.testing.assert_close(scores[row, i, j], expected)


def test_relations_equal_their_formula() -> None:
    scorer = filled(BiaffineRelations(5, 2, hidden=3))
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 4, 5, 2)
    for row, length in enumerate(LENGTHS.tolist()):
        for i in range(length):
            dependent = torch.cat([role(scorer.dependent, words()[row, i]), torch.ones(1)])
            for j in range(length + 1):
                other = torch.cat([head(scorer, row, j), torch.ones(1)])
                for r in range(2):
                    expected = sum(dependent[x] * scorer.weight[r, x, y] * other[y] for x in range(4) for y in range(4))
                    torch.testing.assert_close(scores[row, i, j, r], expected)


def test_parameter_counts_and_first_values() -> None:
    width, hidden, relations = 7, 4, 3
    roles = width + 2 * (width * hidden + hidden)
    arcs, labels = BiaffineArcs(width, hidden=hidden), BiaffineRelations(width, relations, hidden=hidden)
    assert sum(p.numel() for p in arcs.parameters()) == roles + (hidden + 1) * hidden
    assert sum(p.numel() for p in labels.parameters()) == roles + relations * (hidden + 1) ** 2
    for scorer in (arcs, labels):
        assert not scorer.weight.any()
        assert not scorer.dependent.linear.bias.any()
        torch.testing.assert_close(scorer.head.linear.weight @ scorer.head.linear.weight.T, torch.eye(hidden))
        assert scorer.root.vector.abs().max() > 0
    assert (BiaffineArcs(width).head.linear.out_features, BiaffineRelations(width, 2).head.linear.out_features) == (
        500,
        100,
    )


def test_dropout_is_shared_by_the_words_of_a_sentence_and_off_in_evaluation() -> None:
    torch.manual_seed(0)
    scorer = BiaffineArcs(5, hidden=8, dropout=0.5)
    found = scorer.train().dependent(torch.ones(2, 3, 5))
    # Rows of one product may be rounded apart; what dropout takes away is 0 in every row or in none.
    torch.testing.assert_close(found, found[:, :1].expand_as(found))
    assert (found == 0).any()
    assert torch.equal(scorer.eval().dependent(torch.ones(1, 1, 5)), scorer.dependent(torch.ones(1, 1, 5)))


@pytest.mark.parametrize("kind", [lambda: BiaffineArcs(5, hidden=3), lambda: BiaffineRelations(5, 2, hidden=3)])
def test_padding_reaches_neither_scores_nor_gradients(kind: object) -> None:
    scorer = filled(kind())  # type: ignore[operator]
    heads = torch.arange(4).expand(3, -1)  # word i has head i, the word before it
    for vectors, lengths in ((words(), LENGTHS), (words()[1:2, :1], None)):
        scores = scorer(vectors, lengths)
        arcs = scores if scores.dim() == 3 else scores.logsumexp(-1)
        chosen = heads[: len(vectors), : vectors.shape[1]]
        gradients = torch.autograd.grad(IndependentHeads(arcs, lengths).log_prob(chosen).sum(), scorer.parameters())
        assert all(gradient.isfinite().all() for gradient in gradients)
        alone = arcs[1] if lengths is not None else arcs[0]
        if lengths is not None:
            kept = alone[:1, :2]
    torch.testing.assert_close(kept, alone[:1, :2])


def test_words_that_cannot_be_scored() -> None:
    with pytest.raises(StructureError, match=r"word vectors have shape \[2, 3, 4\]. Give them as \[batch, words, 5\]"):
        BiaffineArcs(5)(torch.zeros(2, 3, 4))
    with pytest.raises(StructureError, match=r"row 0 has length 4\. Lengths are from 1 to 3 here"):
        BiaffineRelations(5, 2)(torch.zeros(1, 3, 5), torch.tensor([4]))
