"""Scores of flat segmentations that are known, or whose parts are, and what is checked of them."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.kernels.segment_lattice import SegmentLattice
from syntagma.structures.parts import SpanParts


def checked_segments(lattice: SegmentLattice, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Sizes and labels `[batch, n, words]` of segmentations `[batch, words, 2]` or `[batch, n, words, 2]`.

    Sizes are 0 in padding, and labels 0 where no span begins.

    Raises:
        StructureError: names the row and the word of a span that can't be.
    """
    batch, words, width, count = lattice.spans.shape
    if outputs.dim() not in (3, 4) or outputs.shape[0] != batch or outputs.shape[-2:] != (words, 2):
        raise StructureError(
            f"segmentations have shape {list(outputs.shape)}",
            fix=f"Give them as [{batch}, {words}, 2] or [{batch}, n, {words}, 2]: sizes and labels",
        )
    several = outputs if outputs.dim() == 4 else outputs.unsqueeze(1)
    sizes = several[..., 0].where(lattice.own.unsqueeze(1), 0)
    begins = sizes != 0
    labels = several[..., 1].where(begins, 0)
    ends = _ends(sizes)
    covered = torch.zeros_like(ends)
    covered[..., 1:] = ends.cummax(-1).values[..., :-1]  # where the spans before each word end
    places = torch.arange(words, device=sizes.device)
    odd = {
        f"is {{size}} words wide. There are scores for 1 to {width}": (sizes < 0) | (sizes > width),
        "of {size} words passes the row's end": ends > lattice.lengths.view(-1, 1, 1),
        "begins inside another. Spans of one segmentation do not overlap": begins & (covered > places),
        f"has label {{label}}. Labels are from 0 to {count - 1} here": (labels < 0) | (labels >= count),
    }
    if bool(torch.stack(list(odd.values())).any()):
        _reject(odd, sizes, labels)
    return sizes, labels


def _reject(odd: dict[str, Tensor], sizes: Tensor, labels: Tensor) -> None:
    for message, places in odd.items():
        for place in places.nonzero()[:1].tolist():
            row, _, word = place
            found = message.format(size=int(sizes[tuple(place)]), label=int(labels[tuple(place)]))
            what, _, fix = found.partition(". ")
            raise StructureError(f"the span at word {word} {what}", where=f"row {row}", fix=fix or None)


def _ends(sizes: Tensor) -> Tensor:
    """Where the span that begins at each word ends, the word after its last; 0 where none begins."""
    places = torch.arange(sizes.shape[-1], device=sizes.device)
    return torch.where(sizes == 0, 0, places + sizes)


def segments_score(lattice: SegmentLattice, sizes: Tensor, labels: Tensor, dtype: torch.dtype) -> Tensor:
    """Of checked segmentations `[batch, n, words]`: `[batch, n]` in `dtype`, differentiable."""
    batch, words, _, count = lattice.spans.shape
    begins, rows = sizes > 0, torch.arange(batch, device=sizes.device).view(-1, 1, 1)
    places = torch.arange(words, device=sizes.device)
    chosen = lattice.spans[rows, places, (sizes - 1).clamp(min=0), labels].to(dtype)
    total = chosen.where(begins, 0.0).sum(-1)
    uncovered = lattice.own.unsqueeze(1) & (_ends(sizes).cummax(-1).values <= places)
    if lattice.outside is not None:
        total = total + lattice.outside.to(dtype).unsqueeze(1).where(uncovered, 0.0).sum(-1)
    if lattice.transitions is not None:
        latest = torch.where(begins, places, -1).cummax(-1).values.clamp(min=0)
        label = torch.where(uncovered, count, labels.gather(-1, latest))  # of the segment that each word is in
        pairs = lattice.transitions.to(dtype)[label[..., :-1], label[..., 1:]]
        total = total + pairs.where((begins | uncovered)[..., 1:], 0.0).sum(-1)
    return total


def expected_segments_score(lattice: SegmentLattice, parts: SpanParts, dtype: torch.dtype) -> Tensor:
    """`sum over parts of parts * score`, `[batch]` in `dtype`; -inf where a forbidden part has weight.

    Raises:
        StructureError: parts of other shapes, or without transitions where the lattice has some.
    """
    _check_parts(lattice, parts)
    total = _weighted(parts.spans, lattice.spans, lattice.inside.unsqueeze(-1), dtype)
    if lattice.outside is not None:
        total = total + _weighted(parts.outside, lattice.outside, lattice.own, dtype)
    if lattice.transitions is not None and parts.transitions is not None:
        total = total + _weighted(parts.transitions, lattice.transitions, None, dtype)
    return total


def _weighted(weights: Tensor, scores: Tensor, own: Tensor | None, dtype: torch.dtype) -> Tensor:
    """Sums of products by row, in which a part of weight 0 counts 0 even where it is forbidden."""
    weights = (weights if own is None else weights.where(own, 0.0)).to(dtype)
    return (weights * torch.where(weights == 0, 0.0, scores)).flatten(1).sum(1)


def _check_parts(lattice: SegmentLattice, parts: SpanParts) -> None:
    batch, words, _, count = shape = lattice.spans.shape
    if (parts.spans.shape, parts.outside.shape) != (shape, shape[:2]):
        raise StructureError(
            f"the target's parts have shapes {list(parts.spans.shape)} and {list(parts.outside.shape)}",
            fix=f"The structure compared with it has {list(shape)} and {[batch, words]}",
        )
    if lattice.transitions is None:
        return
    if parts.transitions is None:
        raise StructureError(
            "the target's parts do not say which labels are neighbours, and the structure has transitions",
            fix="Compare with a target that has transitions too; zeros will do",
        )
    if parts.transitions.shape != (batch, count + 1, count + 1):
        raise StructureError(
            f"the target's transitions have shape {list(parts.transitions.shape)}",
            fix=f"Give them as {[batch, count + 1, count + 1]}",
        )


def check_segment_shapes(spans: Tensor, outside: Tensor | None, transitions: Tensor | None) -> None:
    """Raise a StructureError for shapes that disagree, or that hold no word, width or label."""
    if spans.dim() != 4 or 0 in spans.shape[1:]:
        raise StructureError(
            f"spans have shape {list(spans.shape)}", fix="Give them as [batch, words, width, labels], each 1 or more"
        )
    batch, words, width, count = spans.shape
    if width > words:
        raise StructureError(f"spans are up to {width} words wide, of {words}", fix="Give width of words at most")
    for name, scores, shape in (("outside", outside, [batch, words]), ("transitions", transitions, [count + 1] * 2)):
        if scores is not None and list(scores.shape) != shape:
            raise StructureError(f"{name} have shape {list(scores.shape)}", fix=f"Give them as {shape}")
