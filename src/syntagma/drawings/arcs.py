"""Arcs above words: a dependency tree, projective or crossing, or a graph; the thicker the more probable."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from syntagma.drawings.arc_layout import ArcEnds, ArcLayout, ArcPlace
from syntagma.drawings.drawing import LETTER, Drawing
from syntagma.markup import safe

STEP = 27.0
"""How much higher an arc is than the highest one under it."""
CORNER = 10.0
SMALL = 6.3
FURTHEST = 160.0
"""How far from its dependent a label may be."""
LONGEST_WORD = 30
"""In cells of a terminal; a longer word is cut, and whole in its tip."""


class Arc(NamedTuple):
    """A drawn arc."""

    head: int
    """In CoNLL-U's numbers: 0 is the root, j the j-th word."""
    word: int
    """The dependent's number, from 1."""
    label: str = ""
    probability: float | None = None
    chosen: bool = True
    """Whether it belongs to the best output, and is drawn in colour."""


def arcs(words: Sequence[str], drawn: Sequence[Arc], tags: Sequence[str] = ()) -> Drawing:
    """Draw arcs from heads to words; those of the root come from above. From right to left, if the words are so.

    Args:
        words: below the arcs.
        drawn: the arcs.
        tags: below the words, one each; none by default.
    """
    shown = [_cut(word) for word in words]
    below = list(tags) or [""] * len(words)
    widths = [max(LETTER * cell_len(word), SMALL * cell_len(tag)) for word, tag in zip(shown, below, strict=True)]
    ends = [ArcEnds(arc.head, arc.word, SMALL * cell_len(_label(arc))) for arc in drawn]
    mirrored = _from_the_right(words)
    layout = ArcLayout(widths, ends, mirrored=mirrored)
    base = 20 + STEP * max(layout.levels, default=0)
    placed = sorted(zip(drawn, layout.places, strict=True), key=lambda pair: pair[0].chosen)
    said = [_said(arc, words) for arc, _ in placed]
    shapes = [_arc(arc, place, base, what) for (arc, place), what in zip(placed, said, strict=True)]
    named = ((arc, place) for arc, place in placed if arc.chosen and _label(arc))
    shapes += [_name(arc, place, base) for arc, place in named]  # over the lines of all arcs
    for x, *texts in zip(layout.middles, words, shown, below, strict=True):
        shapes.append(_word(x, base, *texts))
    height = base + (44 if any(below) else 28)
    description = "; ".join(what for (arc, _), what in zip(placed, said, strict=True) if arc.chosen)
    return Drawing(layout.width, height, "".join(shapes), "Arcs from heads to words", description, mirrored)


# A long document has thousands of arcs, so these write their elements themselves, which is quicker than `element`.
def _arc(arc: Arc, place: ArcPlace, base: float, said: str) -> str:
    start, end, level = place
    top = base - STEP * level
    if arc.head:
        bend = min(CORNER, abs(end - start) / 2) * (1 if end > start else -1)
        path = f"M{start:.1f} {base:g}V{top + CORNER:g}Q{start:.1f} {top:g} {start + bend:.1f} {top:g}"
        path += f"H{end - bend:.1f}Q{end:.1f} {top:g} {end:.1f} {top + CORNER:g}V{base - 6:g}"
    else:
        path = f"M{end:.1f} {top:g}V{base - 6:g}"
    kind = " best" if arc.chosen else ""
    sure = 1.0 if arc.probability is None else arc.probability
    tip = said if arc.probability is None else f"{said}: {sure:.3f}"
    return (
        f'<g class="arc" opacity="{(0.4 if arc.chosen else 0.2) + 0.6 * sure:.2f}"><title>{safe(tip)}</title>'
        f'<path d="{path}" class="line{kind}" stroke-width="{0.6 + 1.2 * sure:.2f}"/>'
        f'<path d="M{end - 4:.1f} {base - 8:g}h8l-4 8z" class="head{kind}"/></g>'
    )


def _name(arc: Arc, place: ArcPlace, base: float) -> str:
    """An arc's label over its middle, but of a long arc no further from the dependent than one sees."""
    half = (place.start - place.end) / 2
    x = place.end + max(-FURTHEST, min(half, FURTHEST))
    return _text(x, base - STEP * place.level - 5, safe(_label(arc)), "small halo")


def _word(x: float, base: float, word: str, shown: str, tag: str) -> str:
    tip = f"<title>{safe(word)}</title>" if shown != word else ""
    return _text(x, base + 18, safe(shown) + tip) + (_text(x, base + 35, safe(tag), "small tag") if tag else "")


def _text(x: float, y: float, content: str, kind: str = "word") -> str:
    return f'<text x="{x:.1f}" y="{y:g}" class="{kind}">{content}</text>'


def _label(arc: Arc) -> str:
    """What stands at an arc; the root's has a name even where arcs have none."""
    return arc.label or ("" if arc.head else "root")


def _said(arc: Arc, words: Sequence[str]) -> str:
    head = f"{words[arc.head - 1]} " if arc.head else ""
    label = _label(arc)
    return f"{head}→ {words[arc.word - 1]}" + (f" ({label})" if label else "")


def _cut(word: str) -> str:
    return word if cell_len(word) <= LONGEST_WORD else set_cell_size(word, LONGEST_WORD - 1).rstrip() + "…"


def _from_the_right(words: Sequence[str]) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    directions = (unicodedata.bidirectional(letter) for word in words for letter in word)
    return next((found for found in directions if found in ("L", "R", "AL")), "L") != "L"
