"""Arcs above words: a dependency tree, projective or crossing, or a graph; the thicker the more probable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from syntagma.markup import caption, element, safe
from syntagma.structures.pictures.frame import Columns, framed

STEP = 30.0
"""How much higher an arc is than the highest one under it."""
SLOT = 7.0
"""How far apart the ends of two arcs at one word are."""


class Arc(NamedTuple):
    """A drawn arc."""

    head: int
    """In CoNLL-U's numbers: 0 is the root, j the j-th word."""
    word: int
    """The dependent's number, from 1."""
    label: str = ""
    probability: float = 1.0
    chosen: bool = True
    """Whether it belongs to the best output, and is drawn in colour."""


def arcs(words: Sequence[str], drawn: Sequence[Arc]) -> str:
    """Draw arcs from heads to words; those of the root come from above."""
    longest = max((len(arc.label) for arc in drawn), default=0)
    crowd = max(Counter(end for arc in drawn for end in _sides(arc)).values(), default=0)
    columns = Columns(words, 8.0, least=max(56.0, 6.6 * longest + 26, 2 * SLOT * (crowd + 1)))
    ordered = sorted(drawn, key=lambda arc: (abs(arc.head - arc.word) if arc.head else 0, arc.word, arc.head))
    heights = _heights(ordered)
    highest = max([level for arc, level in heights.items() if arc.head], default=0) + 1
    base = 26 + STEP * highest
    ends = _ends(columns, ordered)
    shapes = [
        _arc(arc, ends[arc], base, base - STEP * (heights[arc] or highest))
        for arc in sorted(ordered, key=lambda arc: arc.chosen)
    ]
    return framed(columns.right + 8, base + 34, "".join(shapes) + columns.row(base + 22), "Arcs from heads to words")


def _sides(arc: Arc) -> tuple[tuple[int, bool], ...]:
    """The two words and sides that an arc ends at, right being True; none for the root's."""
    if not arc.head:
        return ()
    low, high = sorted((arc.head, arc.word))
    return (low, True), (high, False)


def _heights(ordered: Sequence[Arc]) -> dict[Arc, int]:
    """A level for each arc, above all shorter ones that share an inner part of its span."""
    levels: dict[Arc, int] = {}
    for arc in ordered:
        low, high = sorted((arc.head, arc.word))
        under = [
            level
            for other, level in levels.items()
            if other.head and min(other.head, other.word) < high and low < max(other.head, other.word)
        ]
        levels[arc] = 1 + max(under, default=0) if arc.head else 0  # what comes from the root comes from the top
    return levels


def _ends(columns: Columns, ordered: Sequence[Arc]) -> dict[Arc, tuple[float, float]]:
    """Where each arc leaves its head and reaches its word: side by side, the longest nearest to the word's middle."""
    places: dict[tuple[Arc, int], float] = {}
    for word, middle in enumerate(columns.middles, 1):
        for right in (False, True):
            there = [arc for arc in ordered if (word, right) in _sides(arc)]
            for slot, arc in enumerate(reversed(there), 1):
                places[arc, word] = middle + (SLOT if right else -SLOT) * slot
    return {
        arc: (places.get((arc, arc.head), 0.0), places.get((arc, arc.word), columns.middles[arc.word - 1]))
        for arc in ordered
    }


def _arc(arc: Arc, ends: tuple[float, float], base: float, top: float) -> str:
    start, end = ends
    if arc.head:
        bend = min(10.0, abs(end - start) / 2) * (1 if end > start else -1)
        path = f"M{start:.1f} {base}V{top + 10}Q{start:.1f} {top} {start + bend:.1f} {top}H{end - bend:.1f}"
        path += f"Q{end:.1f} {top} {end:.1f} {top + 10}V{base - 6}"
        label = caption((start + end) / 2, top - 4, arc.label, text_anchor="middle", class_="small")
    else:
        path = f"M{end:.1f} {top:.1f}V{base - 6}"
        label = caption(end + 5, top + 10, arc.label or "root", class_="small")
    kind = "best" if arc.chosen else ""
    tip = element("title", safe(f"{arc.label or 'arc'}: {arc.probability:.3f}"))
    line = element("path", tip, d=path, class_=f"line {kind}", stroke_width=0.6 + 1.6 * arc.probability)
    point = element("path", d=f"M{end - 4:.1f} {base - 8}h8l-4 8z", class_=f"head {kind}")
    opacity = 1.0 if arc.chosen else 0.25 + 0.5 * arc.probability
    return element("g", line + point + (label if arc.chosen else ""), opacity=opacity)
