"""What every structure over heads refuses and keeps: wrong input, half precision, derivatives, its scores."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import ArcParts, ChainParts, cross_entropy, kl
from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.heads import IndependentHeads
from syntagma.structures.nonprojective_tree import NonProjectiveTree

KINDS: list[type[ArcStructure]] = [IndependentHeads, NonProjectiveTree]
LENGTHS = torch.tensor([3, 1])


def _scores(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(2, 3, 4, generator=generator, dtype=torch.float64).requires_grad_(True),
        torch.randn(2, 3, 4, 2, generator=generator, dtype=torch.float64).requires_grad_(True),
    )


@pytest.mark.parametrize(
    ("arcs", "lengths", "relations", "message"),
    [
        ((2, 3, 3), None, None, "arcs have shape [2, 3, 3]. Give them as [batch, words, 1 + words]"),
        ((2, 0, 1), None, None, "arcs have shape [2, 0, 1]"),
        ((2, 3, 4), [3, 4], None, "row 1 has length 4. Lengths are from 1 to 3 here"),
        ((2, 3, 4), [3], None, "lengths are torch.int64 of shape [1]. Give 2 integers, one a row"),
        ((2, 3, 4), None, (2, 3, 4), "relations have shape [2, 3, 4] beside arcs of [2, 3, 4]"),
        ((2, 3, 4), None, (2, 3, 4, 0), "relations have shape [2, 3, 4, 0]"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_that_disagree(
    kind: type[ArcStructure],
    arcs: tuple[int, ...],
    lengths: list[int] | None,
    relations: tuple[int, ...] | None,
    message: str,
) -> None:
    with pytest.raises(StructureError, match=re.escape(message)):
        kind(
            torch.zeros(arcs),
            None if lengths is None else torch.tensor(lengths),
            None if relations is None else torch.zeros(relations),
        )


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (torch.zeros(2, 4, dtype=torch.long), "outputs have shape [2, 4]. Give heads as [2, 3] or [2, 'n', 3]"),
        (torch.tensor([[0, 4, 1], [0, 0, 0]]), "row 0 has head 4 at its word 2. It takes a head from 0 to 3"),
        (torch.tensor([[0, 1, 1], [2, 0, 0]]), "row 1 has head 2 at its word 1. It takes a head from 0 to 1"),
        (torch.tensor([[0, -1, 1], [0, 0, 0]]), "row 0 has head -1 at its word 2"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_are_none(kind: type[ArcStructure], outputs: Tensor, message: str) -> None:
    with pytest.raises(StructureError, match=re.escape(message)):
        kind(_scores()[0], LENGTHS).score(outputs)


def test_relations_of_outputs() -> None:
    arcs, relations = _scores()
    labelled = NonProjectiveTree(arcs, LENGTHS, relations)
    with pytest.raises(StructureError, match=re.escape("outputs have shape [2, 3]. Give heads as [2, 3, 2]")):
        labelled.score(torch.zeros(2, 3, dtype=torch.long))
    outputs = labelled.argmax().outputs
    outputs[0, 1, 1] = 2
    with pytest.raises(StructureError, match="row 0 has relation 2 at its word 2"):
        labelled.log_prob(outputs)


@pytest.mark.parametrize("call", ["log_partition", "marginals", "argmax", "topk", "sample", "entropy"])
@pytest.mark.parametrize(("odd", "name"), [(float("nan"), "NaN"), (torch.inf, "+inf")])
@pytest.mark.parametrize("where", ["arcs", "relations"])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_that_are_no_numbers(kind: type[ArcStructure], where: str, odd: float, name: str, call: str) -> None:
    arcs, relations = (part.detach() for part in _scores())
    (arcs if where == "arcs" else relations)[0, 1, 0] = odd
    with pytest.raises(StructureError, match=re.escape(f"row 0 has {name} among its scores of arcs")):
        getattr(kind(arcs, LENGTHS, relations), call)(*([2] if call in ("topk", "sample") else []))


@pytest.mark.parametrize("call", ["log_partition", "marginals", "argmax", "topk", "sample", "entropy"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_word_without_any_head(kind: type[ArcStructure], call: str) -> None:
    arcs = _scores()[0].detach()
    arcs[0, 1] = -torch.inf
    message = "row 0 has no possible output: every arc to its word 2 has a score of -inf"
    with pytest.raises(StructureError, match=re.escape(message)):
        getattr(kind(arcs, LENGTHS), call)(*([2] if call in ("topk", "sample") else []))


@pytest.mark.parametrize("kind", KINDS)
def test_targets_of_another_kind(kind: type[ArcStructure]) -> None:
    arcs, relations = _scores()
    labelled, plain = kind(arcs, LENGTHS, relations), kind(arcs, LENGTHS)
    with pytest.raises(StructureError, match="the target's parts have shapes"):
        cross_entropy(plain, labelled)
    with pytest.raises(StructureError, match="ChainParts say nothing about ArcParts"):
        cross_entropy(ChainParts(*torch.zeros(4, 1)), plain)
    with pytest.raises(StructureError, match="ArcParts, which do not fix its entropy"):
        kl(plain.marginals(), plain)


def test_trees_from_independent_heads() -> None:
    """Structural distillation, case 1b's other way: independent heads teach a tree; unequal but finite."""
    arcs, _ = _scores()
    heads, tree = IndependentHeads(arcs, LENGTHS), NonProjectiveTree(arcs, LENGTHS)
    assert (cross_entropy(tree, heads) >= tree.entropy() - 1e-9).all()
    assert torch.isfinite(cross_entropy(heads, tree)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_single(kind: type[ArcStructure], dtype: torch.dtype) -> None:
    arcs = _scores()[0].detach().to(dtype).requires_grad_(True)
    result = kind(arcs, LENGTHS).log_partition()
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, kind(arcs.detach().float(), LENGTHS).log_partition())
    result.sum().backward()
    assert arcs.grad is not None
    assert arcs.grad.dtype == dtype


@pytest.mark.parametrize("kind", KINDS)
def test_first_derivatives(kind: type[ArcStructure]) -> None:
    outputs = kind(*_scores()[:1], LENGTHS).argmax().outputs
    assert torch.autograd.gradcheck(lambda arcs: kind(arcs, LENGTHS).log_prob(outputs), _scores()[0])
    teacher = kind(_scores(1)[0].detach(), LENGTHS)
    assert torch.autograd.gradcheck(lambda arcs: kl(teacher, kind(arcs, LENGTHS)), _scores()[0])
    assert torch.autograd.gradcheck(lambda arcs: kl(kind(arcs, LENGTHS), teacher), _scores()[0])


@pytest.mark.parametrize("kind", KINDS)
def test_results_one_after_another_each_have_a_gradient(kind: type[ArcStructure]) -> None:
    arcs, relations = _scores()
    structure = kind(arcs, LENGTHS, relations)
    for _ in range(2):
        (structure.log_partition() + structure.entropy() + structure.argmax().scores).sum().backward()
    assert arcs.grad is not None
    assert relations.grad is not None
    assert (arcs.grad[1, 1:] == 0).all()
    assert not structure.detach().log_partition().requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_left_as_they_were(kind: type[ArcStructure]) -> None:
    scores = [part.detach() for part in _scores()]
    before = [part.clone() for part in scores]
    structure = kind(scores[0], LENGTHS, scores[1])
    structure.marginals(), structure.argmax(), structure.topk(2), structure.sample(2), structure.entropy()
    assert all(torch.equal(old, new) for old, new in zip(before, scores, strict=True))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labelled", [False, True])
def test_empty_batch(kind: type[ArcStructure], labelled: bool) -> None:
    structure = kind(torch.zeros(0, 3, 4), relations=torch.zeros(0, 3, 4, 2) if labelled else None)
    assert structure.log_partition().shape == structure.entropy().shape == (0,)
    assert structure.argmax().heads.shape == (0, 3)
    assert structure.topk(2).heads.shape == (0, 2, 3)
    assert structure.sample(2).shape == ((0, 2, 3, 2) if labelled else (0, 2, 3))


def test_parts_given_by_hand() -> None:
    arcs, relations = _scores()
    tree = NonProjectiveTree(arcs, LENGTHS, relations)
    marginals = tree.marginals()
    again = cross_entropy(ArcParts(marginals.arcs, marginals.relations), tree)
    torch.testing.assert_close(again, tree.entropy())
