"""Biaffine span scores against loops over beginnings, widths and labels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import BiaffineSpans
from syntagma.structures.segments import Segments

LENGTHS = torch.tensor([4, 1, 3])


def words() -> Tensor:
    """Word vectors with NaN in padding."""
    vectors = torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.arange(4) < LENGTHS.unsqueeze(1)
    return vectors.masked_fill(~inside.unsqueeze(2), float("nan"))


def filled(widest: int | None) -> BiaffineSpans:
    torch.manual_seed(3)
    scorer = BiaffineSpans(5, 2, widest=widest, hidden=3).double().eval()
    for parameter in scorer.parameters():
        nn.init.normal_(parameter)
    return scorer


def role(module: nn.Module, vector: Tensor) -> Tensor:
    """`[leaky_relu(W h + c); 1]` by hand."""
    plain = module.linear.weight @ vector + module.linear.bias
    return torch.cat([torch.where(plain > 0, plain, 0.1 * plain), torch.ones(1)])


@pytest.mark.parametrize(("widest", "widths"), [(None, 4), (2, 2), (1, 1), (9, 4)])
def test_spans_equal_their_formula(widest: int | None, widths: int) -> None:
    scorer = filled(widest)
    scores = scorer(words(), LENGTHS)
    assert scores.shape == (3, 4, widths, 2)
    for row, length in enumerate(LENGTHS.tolist()):
        for i in range(length):
            for more in range(min(widths, length - i)):
                begin, end = role(scorer.begin, words()[row, i]), role(scorer.end, words()[row, i + more])
                for label in range(2):
                    weight = scorer.weight[label]
                    expected = sum(begin[x] * weight[x, y] * end[y] for x in range(4) for y in range(4))
                    torch.testing.assert_close(scores[row, i, more, label], expected)


def test_a_segmentation_of_them_learns_in_a_ragged_batch() -> None:
    scorer = filled(3)
    partition = Segments(scorer(words(), LENGTHS), lengths=LENGTHS).log_partition()
    gradients = torch.autograd.grad(partition.sum(), list(scorer.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    alone = Segments(scorer(words()[2:, :3])).log_partition()
    torch.testing.assert_close(partition[2:], alone)


def test_parameter_count_and_first_values() -> None:
    scorer = BiaffineSpans(7, 3, hidden=4)
    assert sum(p.numel() for p in scorer.parameters()) == 2 * (7 * 4 + 4) + 3 * 5 * 5
    assert not scorer.weight.any()
    assert BiaffineSpans(7, 3).begin.linear.out_features == 150


def test_what_cannot_be_scored() -> None:
    with pytest.raises(StructureError, match=r"widest is 0\. Let a span have 1 word or more"):
        BiaffineSpans(5, 2, widest=0)
    with pytest.raises(StructureError, match=r"word vectors have shape \[2, 5\]"):
        BiaffineSpans(5, 2)(torch.zeros(2, 5))
