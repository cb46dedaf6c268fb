"""Relations computed where they are asked for equal those of the full tensor, in every call of a structure."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.scorers.relation_product import RelationProduct
from syntagma.structures import ArcStructure, IndependentHeads, NonProjectiveTree, ProjectiveTree, cross_entropy

LENGTHS = torch.tensor([4, 1, 3])
STRUCTURES = [IndependentHeads, NonProjectiveTree, ProjectiveTree]


def scores(*, learned: bool = False) -> tuple[Tensor, RelationProduct]:
    torch.manual_seed(7)
    arcs = torch.randn(3, 4, 5, dtype=torch.float64)
    product = RelationProduct(*(torch.randn(*size, dtype=torch.float64) for size in ((3, 4, 6), (3, 5, 6), (2, 6, 6))))
    if learned:
        for part in (arcs, product.dependents, product.heads, product.weight):
            part.requires_grad_(True)
    return arcs, product


@pytest.mark.parametrize("kind", STRUCTURES)
def test_they_change_no_result(kind: type[ArcStructure]) -> None:
    arcs, product = scores()
    lazy, full = kind(arcs, LENGTHS, product), kind(arcs, LENGTHS, product.everywhere())
    torch.testing.assert_close(lazy.log_partition(), full.log_partition())
    torch.testing.assert_close(lazy.marginals(), full.marginals())
    torch.testing.assert_close(lazy.entropy(), full.entropy())
    assert lazy.argmax().outputs.equal(full.argmax().outputs)
    assert lazy.topk(2).outputs.equal(full.topk(2).outputs)
    best = full.topk(2).outputs
    torch.testing.assert_close(lazy.log_prob(best), full.log_prob(best))
    torch.testing.assert_close(cross_entropy(full, lazy), full.entropy())
    same = [torch.Generator().manual_seed(2) for _ in range(2)]
    assert lazy.sample(5, same[0]).equal(full.sample(5, same[1]))


@pytest.mark.parametrize("kind", STRUCTURES)
def test_they_have_the_same_gradients(kind: type[ArcStructure]) -> None:
    gradients = []
    for lazily in (True, False):
        arcs, product = scores(learned=True)
        dist = kind(arcs, LENGTHS, product if lazily else product.everywhere())
        loss = dist.entropy().sum() - dist.log_prob(dist.detach().argmax().outputs).sum()
        leaves = [arcs, product.dependents, product.heads, product.weight]
        gradients.append(torch.autograd.grad(loss, leaves))
    torch.testing.assert_close(*gradients)


def test_the_heads_alone_and_the_relations_of_given_heads() -> None:
    arcs, product = scores()
    dist = NonProjectiveTree(arcs, LENGTHS, product.everywhere() + 3.0)
    alone = dist.heads_alone()
    assert alone.arc_scores.relations is None
    whole = dist.marginals()
    torch.testing.assert_close(alone.marginals().arcs, whole.arcs)
    heads = alone.argmax().heads
    assert whole.relations is not None
    at = heads.clamp(min=0)[:, :, None, None].expand(-1, -1, 1, 2)
    given = whole.relations.gather(2, at).squeeze(2) / whole.arcs.gather(2, at[..., 0]).clamp(min=1e-30)
    found = dist.relation_probabilities(heads)
    torch.testing.assert_close(found[heads >= 0], given[heads >= 0])


def test_a_temperature_leaves_probabilities() -> None:
    _, product = scores()
    softer = product.tempered(torch.tensor(2.0))
    torch.testing.assert_close(softer.everywhere(), (product.everywhere() / 2).log_softmax(-1))
    assert not product.learns
    assert scores(learned=True)[1].learns
    assert not scores(learned=True)[1].detach().learns


def test_without_history_it_is_computed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    heads = torch.tensor([[[0, 1, 1, 2], [2, 0, 4, 3]]] * 3)
    _, learned = scores(learned=True)
    expected = learned.at(heads)
    assert expected.requires_grad
    for block in (1, 100, 1 << 19):
        monkeypatch.setattr("syntagma.scorers.relation_product.BLOCK", block)
        torch.testing.assert_close(learned.detach().at(heads), expected.detach())
