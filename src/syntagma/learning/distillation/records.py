"""Targets of a batch as one record a sentence, and records of any sentences as the targets of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

import numpy as np
import torch
from torch import Tensor

from syntagma.learning.distillation.tables import Cells, SparseReader, pack_dense, pack_sparse
from syntagma.learning.objectives import Paths, Target
from syntagma.structures.parts import ArcParts, ChainParts, LabelParts, SpanParts


class Form(Enum):
    """What a record holds; `read` makes a batch's target of it."""

    LABELS = "labels"
    CHAIN = "chain"
    HEADS = "heads"
    LABELLED_HEADS = "labelled-heads"
    GRAPH = "graph"
    LABELLED_GRAPH = "labelled-graph"
    SPANS = "spans"
    PATHS = "paths"

    def read(self, rows: Sequence[Cells], device: torch.device) -> Target:
        """The target `[batch, ...]` whose rows are padded to the longest; each table adds up to 1 as it was."""
        return _READERS[self](SparseReader(rows), device)


def form_of(target: Target, *, graph: bool) -> Form:
    """How a target is kept; whether arcs are a `graph`'s is not seen from themselves."""
    match target:
        case Paths():
            return Form.PATHS
        case LabelParts():
            return Form.LABELS
        case ChainParts():
            return Form.CHAIN
        case SpanParts():
            return Form.SPANS
    labelled = target.relations is not None
    if graph:
        return Form.LABELLED_GRAPH if labelled else Form.GRAPH
    return Form.LABELLED_HEADS if labelled else Form.HEADS


def pack(target: Target, lengths: Sequence[int]) -> list[Cells]:
    """One record a row of a target, whose row i has `lengths[i]` words.

    Probabilities are kept in half precision without those below `tables.LEAST`; outputs as 16-bit integers with their
    log-weights in single precision.
    """
    if isinstance(target, Paths):
        return _pack_paths(target, lengths)
    tables = [pack_sparse(numbers, [sizes(n) for n in lengths]) for numbers, sizes in _tables(target)]
    return [np.concatenate(row) for row in zip(*tables, strict=True)]


def _tables(target: Target) -> list[tuple[Tensor, Callable[[int], list[int]]]]:
    """The numbers that fix all others, and their sizes in a row of n words."""
    match target:
        case LabelParts(emissions):
            return [(emissions, lambda n: [n, emissions.shape[2]])]
        case ChainParts(emissions, transitions, start, end):
            count = emissions.shape[2]
            return [
                (start, lambda n: [count]),
                (transitions, lambda n: [n - 1, count, count]),
                (end, lambda n: [count]),
            ]
        case ArcParts(arcs, None):
            return [(arcs, lambda n: [n, 1 + n])]
        case ArcParts(_, relations):
            assert relations is not None
            return [(relations, lambda n: [n, 1 + n, relations.shape[3]])]
        case SpanParts(spans, outside, None):
            return [(spans, lambda n: [n, min(n, spans.shape[2]), spans.shape[3]]), (outside, lambda n: [n])]
    raise TypeError(f"no form for {target}")


def _pack_paths(paths: Paths, lengths: Sequence[int]) -> list[Cells]:
    outputs = paths.outputs.cpu().numpy().astype(np.int16)
    weights = paths.log_weights.float().cpu().numpy()
    squares = outputs.ndim == 4 and outputs.shape[3] == outputs.shape[2] + 1  # of graphs: words by heads
    return [
        np.concatenate([pack_dense(rows[:, :n, : 1 + n] if squares else rows[:, :n]), pack_dense(weights[row])])
        for row, (rows, n) in enumerate(zip(outputs, lengths, strict=True))
    ]


def _normal(tables: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Each table adding up to 1 again, in place, in spite of half precision; a table of zeros is one of padding."""
    total = tables.sum(axes, keepdim=True)
    return tables.div_(total.where(total > 0, 1.0))


def _labels(reader: SparseReader, device: torch.device) -> LabelParts:
    return LabelParts(_normal(reader.probabilities().to(device), (2,)))


def _chain(reader: SparseReader, device: torch.device) -> ChainParts:
    start, pairs, end = (reader.probabilities().to(device) for _ in range(3))
    start, pairs, end = _normal(start, (1,)), _normal(pairs, (2, 3)), _normal(end, (1,))
    return ChainParts(torch.cat([start.unsqueeze(1), pairs.sum(2)], 1), pairs, start, end)


def _heads(reader: SparseReader, device: torch.device) -> ArcParts:
    return ArcParts(_normal(reader.probabilities().to(device), (2,)))


def _labelled_heads(reader: SparseReader, device: torch.device) -> ArcParts:
    relations = reader.probabilities().to(device)
    arcs = relations.sum(-1)
    total = arcs.sum(-1, keepdim=True)
    total = total.where(total > 0, 1.0)
    return ArcParts(arcs.div_(total), relations.div_(total.unsqueeze(-1)))


def _graph(reader: SparseReader, device: torch.device) -> ArcParts:
    return ArcParts(reader.probabilities().to(device))


def _labelled_graph(reader: SparseReader, device: torch.device) -> ArcParts:
    relations = reader.probabilities().to(device)
    return ArcParts(relations.sum(-1), relations)


def _spans(reader: SparseReader, device: torch.device) -> SpanParts:
    return SpanParts(reader.probabilities().to(device), reader.probabilities().to(device))


def _paths(reader: SparseReader, device: torch.device) -> Paths:
    return Paths(reader.integers().to(device), reader.floats().to(device))


_READERS: dict[Form, Callable[[SparseReader, torch.device], Target]] = {
    Form.LABELS: _labels,
    Form.CHAIN: _chain,
    Form.HEADS: _heads,
    Form.LABELLED_HEADS: _labelled_heads,
    Form.GRAPH: _graph,
    Form.LABELLED_GRAPH: _labelled_graph,
    Form.SPANS: _spans,
    Form.PATHS: _paths,
}
