"""The ways in which a sequence of labels can contain one given span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SpanPattern(NamedTuple):
    """Labels on a span's tokens, and what its neighbours may be: allowed labels, or None for any.

    Where the sentence ends right at the span, the condition on the neighbour that is not there falls away.
    """

    before: frozenset[str] | None
    inside: tuple[str, ...]
    after: frozenset[str] | None


def io_patterns(label: str, length: int, labels: Sequence[str]) -> list[SpanPattern]:
    """IO: the run of I- must stop at both sides."""
    inside = f"I-{label}"
    others = frozenset(labels) - {inside}
    return [SpanPattern(others, (inside,) * length, others)]


def iob1_patterns(label: str, length: int, labels: Sequence[str]) -> list[SpanPattern]:
    """IOB1: begun by I- away from its own type, or by B-; the transitions see to what stands before B-."""
    begin, inside = f"B-{label}", f"I-{label}"
    after = frozenset(labels) - {inside}
    return [
        SpanPattern(after - {begin}, (inside,) * length, after),
        SpanPattern(None, (begin, *[inside] * (length - 1)), after),
    ]


def iob2_patterns(label: str, length: int, labels: Sequence[str]) -> list[SpanPattern]:
    """IOB2: begun by B-; ends where no I- of its type follows."""
    inside = f"I-{label}"
    return [SpanPattern(None, (f"B-{label}", *[inside] * (length - 1)), frozenset(labels) - {inside})]


def closed_patterns(inside: tuple[str, ...]) -> list[SpanPattern]:
    """BIOES and BILOU: the tags alone say where the span begins and ends."""
    return [SpanPattern(None, inside, None)]


def lenient_patterns(label: str, length: int, labels: Sequence[str]) -> list[SpanPattern]:
    """Any order of the labels of any scheme, read as `label_tags.read_chunks` reads it."""
    afresh = frozenset(labels) - {f"B-{label}", f"I-{label}"}  # nothing of this type is under way
    closed = frozenset(labels) - {f"{prefix}-{label}" for prefix in "IEL"}  # nothing of this type goes on
    spellings = "BIESLU" if length == 1 else [f"{one}{'I' * (length - 2)}{other}" for one in "BI" for other in "IEL"]
    patterns = [
        SpanPattern(
            None if prefixes[0] in "BSU" else afresh,
            tuple(f"{prefix}-{label}" for prefix in prefixes),
            None if prefixes[-1] in "ESLU" else closed,
        )
        for prefixes in spellings
    ]
    return [pattern for pattern in patterns if set(pattern.inside) <= set(labels)]
