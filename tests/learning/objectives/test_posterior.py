"""Posteriors of the words of a tree: the same whether its relations are products or all written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.learning.objectives import Posterior
from syntagma.scorers.relation_product import RelationProduct
from syntagma.structures import ArcStructure, NonProjectiveTree, ProjectiveTree
from syntagma.structures.conversions import alignment

LENGTHS = torch.tensor([4, 1, 3])
SAME = alignment(["a", "b"], ["a", "b"])


@pytest.mark.parametrize("kind", [NonProjectiveTree, ProjectiveTree])
def test_relations_that_are_products(kind: type[ArcStructure]) -> None:
    torch.manual_seed(3)
    leaves = [torch.randn(*size, dtype=torch.float64) for size in ((3, 4, 5), (3, 4, 6), (3, 5, 6), (2, 6, 6))]
    teacher = kind(torch.randn(3, 4, 5, dtype=torch.float64), LENGTHS, torch.randn(3, 4, 5, 2, dtype=torch.float64))
    found: list[tuple[Tensor, ...]] = []
    for lazily in (True, False):
        arcs, *factors = (leaf.clone().requires_grad_(True) for leaf in leaves)
        product = RelationProduct(*factors)
        student = kind(arcs, LENGTHS, product if lazily else product.everywhere())
        loss = Posterior().loss(Posterior().target(teacher, student, SAME).target, student)
        found.append((loss, *torch.autograd.grad(loss.sum(), [arcs, *factors])))
    torch.testing.assert_close(*found)
