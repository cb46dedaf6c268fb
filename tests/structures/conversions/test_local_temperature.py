"""Local temperature: the known value of the toy chain, tables that add up, and what it does not keep."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures import (
    ArcGraph,
    ChainParts,
    IndependentHeads,
    IndependentLabels,
    LinearChain,
    NonProjectiveTree,
    Segments,
    cross_entropy,
)
from syntagma.structures.conversions import temper

LENGTHS = torch.tensor([3, 1])


def _double(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def test_the_toy_chain_of_the_paper() -> None:
    """Structural knowledge distillation, arXiv 2010.05010: before the factor of T squared."""
    teacher = LinearChain(
        _double([[1, 0], [0, 0.5], [0.2, 0.4]]),
        _double([0.5, -0.5], [-0.25, 1]),
        _double(0.3, -0.3),
        _double(-0.1, 0.2),
    )
    student = LinearChain(_double([[0.5, 0.1], [-0.2, 0.3], [0, 0.6]]), _double([0.1, 0.2], [0.3, -0.1]))
    flattened = temper(teacher.marginals(), 2.0)
    assert cross_entropy(flattened, student.tempered(2.0)).item() == pytest.approx(2.070385, abs=1e-6)


def test_tables_add_up_and_padding_stays_empty() -> None:
    chain = LinearChain(_random(2, 3, 3), _random(3, 3), lengths=LENGTHS)
    found = temper(chain.marginals(), 3.0)
    assert isinstance(found, ChainParts)
    torch.testing.assert_close(found.emissions.sum(-1), _double([1, 1, 1], [1, 0, 0]))
    torch.testing.assert_close(found.transitions.sum((-2, -1)), _double([1, 1], [0, 0]))
    torch.testing.assert_close(found.start, found.emissions[:, 0])
    torch.testing.assert_close(found.end[1], found.emissions[1, 0])
    as_they_are = chain.marginals()
    assert temper(as_they_are, 1.0) is as_they_are


def test_of_independent_words_it_is_the_global_one() -> None:
    labels = IndependentLabels(_random(2, 3, 4), LENGTHS)
    torch.testing.assert_close(temper(labels.marginals(), 2.5), labels.tempered(2.5).marginals())
    heads = IndependentHeads(_random(2, 3, 4), LENGTHS, _random(2, 3, 4, 2))
    torch.testing.assert_close(temper(heads.marginals(), 2.5), heads.tempered(2.5).marginals())
    bare = IndependentHeads(_random(2, 3, 4), LENGTHS)
    torch.testing.assert_close(temper(bare.marginals(), 0.5), bare.tempered(0.5).marginals())
    graph = ArcGraph(_random(2, 3, 4), LENGTHS, _random(2, 3, 4, 2))
    torch.testing.assert_close(temper(graph.marginals(), 2.5, graph=True), graph.tempered(2.5).marginals())


def test_of_trees_a_word_s_heads_are_one_table() -> None:
    tree = NonProjectiveTree(_random(2, 3, 4), LENGTHS)
    before, after = tree.marginals().arcs, temper(tree.marginals(), 2.0)[0]
    expected = before.sqrt() / before.sqrt().sum(-1, keepdim=True)
    torch.testing.assert_close(after, expected.nan_to_num(0.0))


def test_small_probabilities_do_not_vanish() -> None:
    tiny = IndependentLabels(_double([[0.0, -900.0]]))
    found = temper(tiny.tempered(300.0).marginals(), 0.01)
    assert torch.isfinite(found[0]).all()
    assert found[0].sum() == 1


def test_spans_have_no_tables() -> None:
    with pytest.raises(StructureError, match=r"SpanParts are no tables .* Use the global temperature"):
        temper(Segments(_random(1, 2, 2, 1)).marginals(), 2.0)
