"""Local temperature: every table of a teacher's marginals flattened by itself, `p ** (1 / T)` and normalised."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.label_checks import check_temperature
from syntagma.structures.parts import ArcParts, ChainParts, LabelParts, Parts

LABELS, PAIRS = (-1,), (-2, -1)


def temper(parts: Parts, temperature: float, *, graph: bool = False) -> Parts:
    """Marginals flattened (or, below 1, sharpened) table by table; a table is what adds up to 1.

    Of independent labels it is a word's; of a chain the first label's, each two neighbours' (a word's label is then
    that of the pair which it ends) and the last label's; of heads a word's heads and relations together; of a `graph`
    each arc's: there or not, and with which relation. (Structural knowledge distillation, arXiv 2010.05010.)

    At another temperature than 1 the tables of a chain no longer agree on the labels that they share: the result is no
    distribution's, and a "cross-entropy" from it can fall below any bound. A structure's own `tempered` keeps to
    distributions.

    Raises:
        StructureError: of spans, which have no such tables; a temperature that is not above 0.
    """
    check_temperature(temperature)
    if temperature == 1:
        return parts
    match parts:
        case LabelParts(emissions):
            return LabelParts(_flattened(emissions, temperature, LABELS))
        case ChainParts(_, transitions, start, end):
            pairs = _flattened(transitions, temperature, PAIRS)
            first, last = (_flattened(part, temperature, LABELS) for part in (start, end))
            return ChainParts(torch.cat([first.unsqueeze(1), pairs.sum(2)], 1), pairs, first, last)
        case ArcParts():
            return _arcs(parts, temperature, graph)
    raise StructureError(
        f"{type(parts).__name__} are no tables that could each have a temperature",
        fix="Use the global temperature, or compare the labels of words",
    )


def _arcs(parts: ArcParts, temperature: float, graph: bool) -> ArcParts:
    labelled = parts.relations is not None
    joint = parts.relations if parts.relations is not None else parts.arcs.unsqueeze(-1)
    if graph:
        none = (1 - joint.sum(-1, keepdim=True)).clamp(min=0).where(joint.sum(-1, keepdim=True) > 0, 0.0)
        joint = _flattened(torch.cat([joint, none], -1), temperature, LABELS)[..., :-1]
    else:
        joint = _flattened(joint, temperature, PAIRS)
    return ArcParts(joint.sum(-1), joint if labelled else None)


def _flattened(tables: Tensor, temperature: float, axes: tuple[int, ...]) -> Tensor:
    """Zero stays zero, and a table of zeros, as padding has, too."""
    peaks = tables.amax(axes, keepdim=True)
    powers = (tables / peaks.where(peaks > 0, 1.0)) ** (1 / temperature)  # the peak at 1: nothing underflows
    total = powers.sum(axes, keepdim=True)
    return powers / total.where(total > 0, 1.0)
