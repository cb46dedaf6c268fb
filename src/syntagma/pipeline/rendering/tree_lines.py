"""A dependency tree for a terminal: a line a word, and the arcs between the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from syntagma.drawings.arc_layout import ArcEnds, arc_levels
from syntagma.pipeline.rendering.safe_text import safe_text
from syntagma.text.document import Arc, Sentence

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
BOXES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""The character that goes to these directions, by their sum."""
ARROW = "►"
GAP = "  "
LONGEST_WORD, LONGEST_TAG, LONGEST_RELATION = 20, 8, 16
"""In cells; longer ones are cut."""


def tree_lines(sentence: Sentence, arcs: Sequence[Arc], width: int) -> Iterator[str]:
    """Names of columns, then a line a word: its number, itself, its tag, arcs, its head's number, relation, confidence.

    The arcs are left out where `width` cells have no room for them: numbers say the same.
    """
    tokens = sentence.tokens
    left = [
        _column("", [str(number) for number in range(1, len(tokens) + 1)], right=True),
        _column("word", [_cut(token.text, LONGEST_WORD) for token in tokens]),
        _column("tag", [_cut(token.upos or "", LONGEST_TAG) for token in tokens]),
    ]
    right = [
        _column("head", [str(arc.head) for arc in arcs], right=True),
        _column("relation", [_cut(arc.relation, LONGEST_RELATION) for arc in arcs]),
        _column("conf.", ["" if arc.confidence is None else f"{arc.confidence:.3f}" for arc in arcs], right=True),
    ]
    used = sum(cell_len(column[0]) + len(GAP) for column in (*left, *right) if column)
    columns = [*left, _column("", drawn_arcs(arcs, width - used)), *right]
    for cells in zip(*filter(None, columns), strict=True):
        yield GAP.join(cells).rstrip()


def drawn_arcs(arcs: Sequence[Arc], width: int) -> list[str]:
    """A line a word of the arcs that end there: from the left the long ones, arrows on the right where one arrives.

    No line is wider than `width`; they are empty where no level of arcs would have a column of its own.
    """
    ends = [ArcEnds(arc.head, word) for word, arc in enumerate(arcs, 1) if arc.head]
    levels = arc_levels(ends)
    highest = max(levels, default=0)
    step = 2 if 2 * highest < width else 1
    edge = step * highest
    if not ends or edge >= width:
        return [""] * len(arcs)
    canvas = [[0] * edge for _ in arcs]
    for arc, level in zip(ends, levels, strict=True):
        _draw(canvas, arc, step * (highest - level))
    heads = {arc.head for arc in arcs}
    tips = [ARROW if arc.head else BOXES[LEFT | RIGHT] * (word in heads) for word, arc in enumerate(arcs, 1)]
    return ["".join(BOXES[cell] for cell in row) + (tip or " ") for row, tip in zip(canvas, tips, strict=True)]


def _draw(canvas: Sequence[list[int]], arc: ArcEnds, column: int) -> None:
    first, last = arc.low - 1, arc.high - 1
    for row in range(first, last + 1):
        canvas[row][column] |= UP * (row > first) | DOWN * (row < last)
    for row in (first, last):
        canvas[row][column] |= RIGHT
        for cell in range(column + 1, len(canvas[row])):
            canvas[row][cell] |= LEFT | RIGHT


def _cut(text: str, longest: int) -> str:
    text = " ".join(safe_text(text).split())
    return text if cell_len(text) <= longest else set_cell_size(text, longest - 1) + "…"


def _column(title: str, cells: Sequence[str], *, right: bool = False) -> list[str]:
    """The cells under their title, all of one width; none if all are empty."""
    if not any(cells):
        return []
    wide = max(cell_len(cell) for cell in (title, *cells))
    blanks = [" " * (wide - cell_len(cell)) for cell in (title, *cells)]
    return [blank + cell if right else cell + blank for cell, blank in zip((title, *cells), blanks, strict=True)]
