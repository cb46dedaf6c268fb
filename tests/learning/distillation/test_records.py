"""Targets kept as records: what comes back is what went in, to the precision that is promised, in any batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.learning.distillation.records import Form, form_of, pack
from syntagma.learning.distillation.tables import LEAST, SparseReader, pack_dense, pack_sparse
from syntagma.learning.objectives import Paths, Structural, Target, Temperature, WeightedTopK
from syntagma.structures import (
    ArcGraph,
    IndependentHeads,
    IndependentLabels,
    LinearChain,
    ProjectiveTree,
    Segments,
    Structure,
    cross_entropy,
)
from syntagma.structures.conversions import Alignment

LENGTHS = [4, 1, 3]
CPU = torch.device("cpu")


def _scores(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape) + seed)) * 4


def _make(name: str, seed: int = 0) -> Structure[object]:
    def scores(*shape: int) -> Tensor:
        return _scores(*shape, seed=seed)

    lengths = torch.tensor(LENGTHS)
    made: dict[str, Callable[[], Structure[object]]] = {
        "labels": lambda: IndependentLabels(scores(3, 4, 3), lengths),
        "chain": lambda: LinearChain(scores(3, 4, 3), scores(3, 3), None, None, lengths),
        "heads": lambda: IndependentHeads(scores(3, 4, 5), lengths),
        "labelled-heads": lambda: ProjectiveTree(scores(3, 4, 5), lengths, scores(3, 4, 5, 2)),
        "graph": lambda: ArcGraph(scores(3, 4, 5), lengths),
        "labelled-graph": lambda: ArcGraph(scores(3, 4, 5), lengths, scores(3, 4, 5, 2)),
        "spans": lambda: Segments(scores(3, 4, 3, 2), scores(3, 4), None, lengths),
    }
    return made[name]()


NAMES = ["labels", "chain", "heads", "labelled-heads", "graph", "labelled-graph", "spans"]
SAME = {name: Alignment(torch.arange(count), count) for name, count in zip(NAMES, (3, 3, 1, 2, 1, 2, 2), strict=True)}


def _kept(target: Target, name: str) -> tuple[list[object], Form]:
    form = form_of(target, graph="graph" in name)
    return pack(target, LENGTHS), form  # type: ignore[return-value]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_marginals(name: str, temperature: float) -> None:
    teacher, student = _make(name), _make(name, seed=1)
    objective = Structural(Temperature(temperature))
    target = objective.target(teacher, student, SAME[name]).target
    records, form = _kept(target, name)
    assert form.value == name
    back = form.read(records, CPU)  # type: ignore[arg-type]
    for dense, again in zip(target, back, strict=True):
        if dense is not None:
            assert again.dtype == torch.float32
            torch.testing.assert_close(again.double(), dense.double(), rtol=2e-3, atol=20 * LEAST)
    torch.testing.assert_close(
        objective.loss(back, student), objective.loss(target, student), rtol=1e-3, atol=1e-3, check_dtype=False
    )


def test_local_temperature_keeps_both_ends_of_a_chain() -> None:
    """Its first and last words' tables do not agree with the pairs', and must come back as they are."""
    objective = Structural(Temperature(2.0, "local"))
    target = objective.target(_make("chain"), _make("chain", 1), SAME["chain"]).target
    records, form = _kept(target, "chain")
    for dense, again in zip(target, form.read(records, CPU), strict=True):  # type: ignore[arg-type]
        torch.testing.assert_close(again.double(), dense, rtol=2e-3, atol=20 * LEAST)


@pytest.mark.parametrize("name", ["labels", "chain", "labelled-heads", "labelled-graph", "spans"])
def test_outputs(name: str) -> None:
    teacher, student = _make(name), _make(name, seed=1)
    objective = WeightedTopK(6)
    target = objective.target(teacher, student, SAME[name]).target
    assert isinstance(target, Paths)
    records, form = _kept(target, name)
    back = form.read(records, CPU)  # type: ignore[arg-type]
    torch.testing.assert_close(objective.loss(back, student), objective.loss(target, student), rtol=0, atol=0)
    few = form.read([records[2], records[1]], CPU)  # type: ignore[list-item]
    assert few[0].shape[2] == 3


@pytest.mark.parametrize("name", NAMES)
def test_any_batch_can_be_made_of_records(name: str) -> None:
    """Rows 2 and 1 of the batch, padded to row 2's three words."""
    teacher = _make(name)
    target = Structural().target(teacher, teacher, SAME[name]).target
    records, form = _kept(target, name)
    whole, few = form.read(records, CPU), form.read([records[2], records[1]], CPU)  # type: ignore[arg-type, list-item]
    for all_rows, rows in zip(whole, few, strict=True):
        if all_rows is None:
            continue
        cut = all_rows[[2, 1]]
        torch.testing.assert_close(rows, cut[tuple(slice(size) for size in rows.shape)], rtol=0, atol=0)
        assert rows.sum() == pytest.approx(cut.sum().item(), rel=1e-6)
    student = {"labels": IndependentLabels(_scores(2, 3, 3), torch.tensor([3, 1]))}.get(name)
    if student is not None:
        assert cross_entropy(few, student).isfinite().all()  # type: ignore[arg-type]


def test_large_tables_and_small_probabilities() -> None:
    """Places beyond 65,535 take two cells; what is below the least is gone, exactly what is said."""
    numbers = torch.zeros(2, 300, 301)
    numbers[0, 299, 300], numbers[0, 5, 6], numbers[1, 0, 0], numbers[1, 0, 1] = 0.75, 0.25, 1.0, LEAST / 2
    packed = pack_sparse(numbers, [[300, 301], [1, 2]])
    assert [len(cells) for cells in packed] == [1 + 2 + 2 + 2 * 2 + 2, 1 + 2 + 2 + 1 + 1]
    back = SparseReader(packed).probabilities()
    numbers[1, 0, 1] = 0
    assert torch.equal(back, numbers)


def test_a_record_that_was_cut() -> None:
    (cells,) = pack_sparse(torch.ones(1, 2, 2), [[2, 2]])
    with pytest.raises(ModelError, match="a stored target is shorter than it says"):
        SparseReader([cells[:-1]]).probabilities()
    assert SparseReader([pack_dense(np.array([0.5], np.float32))]).floats().tolist() == [[0.5]]
