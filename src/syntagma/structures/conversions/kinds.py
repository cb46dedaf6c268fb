"""From one kind of parts to another: what the marginals of one structure say about the parts of another."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.parts import ChainParts, LabelParts, Parts, SpanParts, independent_parts
from syntagma.structures.span_labels import bioes_parts


def convert(parts: Parts, kind: type[Parts], lengths: Tensor | None) -> Parts:
    """The same distribution's means of another kind of parts, for rows of `lengths [batch]`.

    Raises:
        StructureError: these parts do not determine those.
    """
    if isinstance(parts, kind):
        return parts
    known = CONVERSIONS.get((type(parts), kind))
    if known is None:
        raise StructureError(
            f"{type(parts).__name__} say nothing about {kind.__name__}",
            fix="Compare structures over the same outputs",
        )
    return known(parts, lengths)


def _to_labels(parts: Parts, lengths: Tensor | None) -> LabelParts:
    """Of a chain, the words' labels alone (structural knowledge distillation, case 2a)."""
    assert isinstance(parts, ChainParts)
    return LabelParts(parts.emissions)


def _to_chain(parts: Parts, lengths: Tensor | None) -> ChainParts:
    """Of independent labels, the pairs as products (case 3)."""
    assert isinstance(parts, LabelParts)
    return independent_parts(parts.emissions, lengths)


def _to_bioes(parts: Parts, lengths: Tensor | None) -> LabelParts:
    """Of flat segmentations, the words' BIOES labels (case 4)."""
    assert isinstance(parts, SpanParts)
    return bioes_parts(parts)


CONVERSIONS: dict[tuple[type[Parts], type[Parts]], Callable[[Parts, Tensor | None], Parts]] = {
    (ChainParts, LabelParts): _to_labels,
    (LabelParts, ChainParts): _to_chain,
    (SpanParts, LabelParts): _to_bioes,
}
