"""A chain as a lattice: a disc for each label of each word, a line for each two neighbours, as large as probable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

from syntagma.drawings.drawing import Svg
from syntagma.markup import caption, element, safe
from syntagma.structures.parts import ChainParts
from syntagma.structures.pictures.frame import FAINT, Columns, framed, margin

ROW = 46.0
LARGEST = 15.0
"""Radius in pixels of a disc of probability 1."""


def lattice(parts: ChainParts, words: Sequence[str], labels: Sequence[str], best: Sequence[int], row: int = 0) -> Svg:
    """Draw one row's marginals; `best [words]` is the path drawn in colour."""
    left, top = margin(labels), 40.0
    columns = Columns(words, left, least=92.0)
    heights = [top + ROW * (number + 0.5) for number in range(len(labels))]
    names = (caption(left - 8, y + 4, name, text_anchor="end") for y, name in zip(heights, labels, strict=True))
    lines = _lines(parts, columns, heights, best, row)
    discs = _discs(parts, columns, heights, labels, best, row)
    content = columns.row(20) + "".join([*names, *lines, *discs])
    return framed(columns.right + 8, top + ROW * len(labels) + 4, content, "Lattice of a linear chain")


def _lines(
    parts: ChainParts, columns: Columns, heights: Sequence[float], best: Sequence[int], row: int
) -> Iterator[str]:
    tables = parts.transitions[row, : len(columns.words) - 1].tolist()
    for i, table in enumerate(tables):
        for before, values in enumerate(table):
            for after, value in enumerate(values):
                chosen = (before, after) == (best[i], best[i + 1])
                if value >= FAINT or chosen:
                    yield element(
                        "line",
                        element("title", f"{value:.3f}"),
                        x1=columns.middles[i],
                        y1=heights[before],
                        x2=columns.middles[i + 1],
                        y2=heights[after],
                        class_="line best" if chosen else "line",
                        stroke_width=0.5 + 7 * value,
                        stroke_opacity=0.35 + 0.65 * value,
                    )


def _discs(
    parts: ChainParts,
    columns: Columns,
    heights: Sequence[float],
    labels: Sequence[str],
    best: Sequence[int],
    row: int,
) -> Iterator[str]:
    for i, word in enumerate(columns.words):
        for label, value in enumerate(parts.emissions[row, i].tolist()):
            tip = element("title", safe(f"{word}, {labels[label]}: {value:.3f}"))
            yield element(
                "circle",
                tip,
                cx=columns.middles[i],
                cy=heights[label],
                r=2 + (LARGEST - 2) * sqrt(max(value, 0.0)),
                class_="head best" if label == best[i] else "head",
            )
