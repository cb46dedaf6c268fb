"""Scorers of heads: relations are normalised, labels of relative heads are where they belong, padding is not read."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers import BiaffineHeads, HeadScorer, RelativeHead, RelativeHeads
from syntagma.structures import IndependentHeads

LENGTHS = torch.tensor([4, 1, 3])
LABELS = [
    RelativeHead(None, 0),
    RelativeHead(None, 2),
    RelativeHead(-1, 1),
    RelativeHead(1, 1),
    RelativeHead(1, 0),
    RelativeHead(2, 2),
    RelativeHead(-3, 0),
]


def words() -> Tensor:
    """Word vectors with NaN in padding."""
    vectors = torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.arange(4) < LENGTHS.unsqueeze(1)
    return vectors.masked_fill(~inside.unsqueeze(2), float("nan"))


def filled(scorer: HeadScorer) -> HeadScorer:
    torch.manual_seed(3)
    for parameter in scorer.parameters():
        nn.init.normal_(parameter)
    return scorer.double().eval()


def test_relations_are_log_probabilities_given_the_arc() -> None:
    scores = filled(BiaffineHeads(5, 3, arc_hidden=4, relation_hidden=2))(words(), LENGTHS)
    assert scores.siblings is None
    assert scores.grandparents is None
    dist = IndependentHeads(scores.arcs, LENGTHS, scores.relations)
    assert dist.arc_scores.relations is not None
    torch.testing.assert_close(dist.arc_scores.relations[0].exp().sum(-1), torch.ones(4, 5, dtype=torch.float64))
    torch.testing.assert_close(dist.marginals().arcs[0], _without_own(scores.arcs[0]).softmax(-1))


def _without_own(arcs: Tensor) -> Tensor:
    own = torch.cat([torch.zeros(4, 1), torch.eye(4)], 1).bool()
    return arcs.masked_fill(own, -torch.inf)


def test_second_order_scores_are_made_if_wanted() -> None:
    scores = filled(BiaffineHeads(5, 3, arc_hidden=4, relation_hidden=2, second_order_hidden=3))(words(), LENGTHS)
    assert scores.siblings is not None
    assert scores.grandparents is not None
    assert scores.siblings.shape == (3, 4, 5, 4)
    assert scores.grandparents.shape == (3, 4, 5, 5)


def test_relative_heads_are_a_softmax_over_the_labels_that_fit() -> None:
    scorer = filled(RelativeHeads(5, 3, LABELS))
    assert isinstance(scorer, RelativeHeads)
    scores = scorer(words(), LENGTHS)
    marginals = IndependentHeads(scores.arcs, LENGTHS, scores.relations).marginals().relations
    assert marginals is not None
    for row, length in enumerate(LENGTHS.tolist()):
        for word in range(length):
            logits = scorer.linear(words()[row, word])
            heads = [0 if label.offset is None else word + 1 + label.offset for label in LABELS]
            fitting = [index for index, head in enumerate(heads) if 0 < head <= length or LABELS[index].offset is None]
            expected = torch.zeros(5, 3, dtype=torch.float64)
            for index, chance in zip(fitting, logits[fitting].softmax(0), strict=True):
                expected[heads[index], LABELS[index].relation] = chance
            torch.testing.assert_close(marginals[row, word], expected)
            allowed = {(heads[index], LABELS[index].relation) for index in fitting}
            for head in range(length + 1):
                for relation in range(3):
                    assert scorer.allows(word, head, relation) == ((head, relation) in allowed)


def test_a_word_without_a_label_that_fits_has_the_root() -> None:
    scorer = filled(RelativeHeads(5, 2, [RelativeHead(1, 1)]))
    scores = scorer(words(), LENGTHS)
    dist = IndependentHeads(scores.arcs, LENGTHS, scores.relations)
    assert dist.argmax().heads.tolist() == [[2, 3, 4, 0], [0, -1, -1, -1], [2, 3, 0, -1]]
    assert dist.log_partition().isfinite().all()


def test_every_parameter_learns_in_a_ragged_batch() -> None:
    for scorer in (filled(RelativeHeads(5, 3, LABELS)), filled(BiaffineHeads(5, 3, arc_hidden=4, relation_hidden=2))):
        scores = scorer(words(), LENGTHS)
        partition = IndependentHeads(scores.arcs, LENGTHS, scores.relations).log_partition()
        for gradient in torch.autograd.grad(partition.sum(), list(scorer.parameters()), allow_unused=True):
            assert gradient is None or gradient.isfinite().all()
        alone = scorer(words()[2:, :3])
        torch.testing.assert_close(partition[2:], IndependentHeads(alone.arcs, None, alone.relations).log_partition())


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "missing or repeat"),
        ([RelativeHead(1, 0), RelativeHead(1, 0)], "missing or repeat"),
        ([RelativeHead(0, 0)], "not its own head"),
        ([RelativeHead(1, 3)], "relations are from 0 to 2"),
    ],
)
def test_labels_that_mean_nothing_are_refused(labels: list[RelativeHead], message: str) -> None:
    with pytest.raises(StructureError, match=message):
        RelativeHeads(5, 3, labels)
