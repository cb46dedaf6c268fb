"""The picture of one row of a structure: its marginals, and its best output in colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from syntagma.drawings import Arc, Svg, arcs
from syntagma.errors import StructureError
from syntagma.structures.arc_graph import ArcGraph
from syntagma.structures.arc_structure import ArcStructure
from syntagma.structures.chain import LinearChain
from syntagma.structures.independent import IndependentLabels
from syntagma.structures.parts import ArcParts, SpanParts
from syntagma.structures.pictures.frame import FAINT
from syntagma.structures.pictures.heat_map import heat_map
from syntagma.structures.pictures.lattice import lattice
from syntagma.structures.pictures.spans import LabelledSpan, spans
from syntagma.structures.segments import Segments

FAINT_ARC = 0.08
"""What is less probable than this is not drawn: there are too many arcs."""

Drawable = LinearChain | IndependentLabels | ArcStructure | ArcGraph | Segments


def picture(dist: Drawable, words: Sequence[str], names: Sequence[str] = (), row: int = 0) -> Svg:
    """Draw one row as an SVG file: a lattice, a heat map, arcs or spans, as the structure is; its best in colour.

    A notebook shows what comes back as a picture.

    Args:
        dist: the structure.
        words: the row's words.
        names: of the labels, or of the arcs' relations.
        row: which row of the batch.

    Raises:
        StructureError: the row has another number of words, or there are not as many names as labels.
    """
    _check_words(dist, len(words), row)
    best = dist.detach().argmax().outputs[row]
    match dist:
        case LinearChain():
            _check_names(names, dist.emissions.shape[-1])
            return lattice(dist.detach().marginals(), words, names, best[: len(words)].tolist(), row)
        case IndependentLabels():
            _check_names(names, dist.emissions.shape[-1])
            marginals = dist.label_marginals()[row, : len(words)]
            return heat_map(marginals, words, names, best[: len(words)].tolist())
        case Segments():
            _check_names(names, dist.spans.shape[-1])
            return spans(words, list(_spans(dist.detach().marginals(), best, len(words), names, row)))
    parts = dist.detach().marginals()
    if parts.relations is not None:
        _check_names(names, parts.relations.shape[-1])
    chosen = _graph_arcs(best) if isinstance(dist, ArcGraph) else _tree_arcs(best)
    return arcs(words, list(_arcs(parts, chosen, len(words), names, row))).file()


def _spans(parts: SpanParts, best: Tensor, length: int, names: Sequence[str], row: int) -> Iterator[LabelledSpan]:
    """The spans of the best segmentation, and the others that are not too faint."""
    chosen = {(first, size - 1, label) for first, (size, label) in enumerate(best[:length].tolist()) if size > 0}
    for first, widths in enumerate(parts.spans[row, :length].tolist()):
        for width, labels in enumerate(widths):
            for label, probability in enumerate(labels):
                among = (first, width, label) in chosen
                if among or probability >= FAINT:
                    yield LabelledSpan(first, width + 1, names[label], probability, among)


def _arcs(
    parts: ArcParts, chosen: dict[tuple[int, int], int], length: int, names: Sequence[str], row: int
) -> Iterator[Arc]:
    """The chosen arcs, and the others that are not too faint."""
    for word, heads in enumerate(parts.arcs[row, :length, : length + 1].tolist(), 1):
        for head, probability in enumerate(heads):
            among = (word, head) in chosen
            if among or probability >= FAINT_ARC:
                label = names[chosen[word, head]] if among and parts.relations is not None else ""
                yield Arc(head, word, label, probability, among)


def _tree_arcs(best: Tensor) -> dict[tuple[int, int], int]:
    """From heads `[words]`, or heads and relations `[words, 2]`, to (word from 1, head) and the relation."""
    pairs = best.tolist() if best.dim() == 2 else [(head, 0) for head in best.tolist()]
    return {(word, head): relation for word, (head, relation) in enumerate(pairs, 1) if head >= 0}


def _graph_arcs(best: Tensor) -> dict[tuple[int, int], int]:
    """From a graph `[words, 1 + words]`, bool or of relations, to (word from 1, head) and the relation."""
    there = best if best.dtype == torch.bool else best >= 0
    return {(word + 1, head): int(best[word, head]) for word, head in there.nonzero().tolist()}


def _check_words(dist: Drawable, found: int, row: int) -> None:
    batch, words = _scores(dist).shape[:2]
    if not 0 <= row < batch:
        raise StructureError(f"row {row} is asked for", fix=f"Rows are from 0 to {batch - 1} here")
    length = words if dist.lengths is None else int(dist.lengths[row])
    if found != length:
        raise StructureError(f"{found} words are given for row {row}", fix=f"Give its {length} words")


def _scores(dist: Drawable) -> Tensor:
    if isinstance(dist, Segments):
        return dist.spans
    return dist.emissions if isinstance(dist, LinearChain | IndependentLabels) else dist.arc_scores.arcs


def _check_names(names: Sequence[str], count: int) -> None:
    if len(names) != count:
        raise StructureError(f"{len(names)} names are given", fix=f"Give {count}, one a label")
