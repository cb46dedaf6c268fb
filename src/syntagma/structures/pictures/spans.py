"""A flat segmentation: a bar under the words of each span, the darker the more probable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from syntagma.drawings.drawing import LETTER, Svg
from syntagma.markup import caption, element, safe
from syntagma.structures.pictures.frame import Columns, framed

BAR = 24.0


class LabelledSpan(NamedTuple):
    """A drawn span."""

    first: int
    """Its first word, from 0."""
    size: int
    """How many words it has."""
    label: str
    probability: float = 1.0
    chosen: bool = True
    """Whether it belongs to the best output, and is framed."""


def spans(words: Sequence[str], drawn: Sequence[LabelledSpan]) -> Svg:
    """Draw spans under the words, each as high as nothing else is there; those of the best output first."""
    longest = max((len(span.label) for span in drawn), default=0)
    columns = Columns(words, 8.0, least=LETTER * (longest + 5) + 20)
    levels: list[list[LabelledSpan]] = []
    bars = []
    for span in sorted(drawn, key=lambda span: (not span.chosen, -span.probability, span.first)):
        level = next((n for n, row in enumerate(levels) if not any(_meet(span, other) for other in row)), len(levels))
        if level == len(levels):
            levels.append([])
        levels[level].append(span)
        bars.append(_bar(columns, span, 32 + BAR * level))
    return framed(columns.right + 8, 40 + BAR * len(levels), columns.row(20) + "".join(bars), "Spans of a segmentation")


def _meet(one: LabelledSpan, other: LabelledSpan) -> bool:
    return one.first < other.first + other.size and other.first < one.first + one.size


def _bar(columns: Columns, span: LabelledSpan, y: float) -> str:
    left = columns.edges[span.first] + 3
    right = columns.edges[span.first + span.size] - 3
    tip = element("title", safe(f"{span.label}: {span.probability:.3f}"))
    shade = 0.06 + 0.6 * span.probability
    shapes = _box(left, right, y, tip, class_="shade", fill_opacity=shade)
    if span.chosen:
        shapes += _box(left, right, y, class_="chosen")
    name = f"{span.label} {span.probability:.2f}"
    return shapes + caption((left + right) / 2, y + 15, name, text_anchor="middle")


def _box(left: float, right: float, y: float, content: str = "", **attributes: object) -> str:
    return element("rect", content, x=left, y=y, width=right - left, height=BAR - 4, rx=4, **attributes)
