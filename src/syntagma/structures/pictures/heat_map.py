"""Marginals as a heat map: a row a label (or a head), a column a word, the darker the more probable."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from syntagma.drawings.drawing import Svg
from syntagma.markup import caption, element, safe
from syntagma.structures.pictures.frame import Columns, framed, margin

ROW = 26.0


def heat_map(
    probabilities: Tensor, words: Sequence[str], names: Sequence[str], best: Sequence[int | None] | None = None
) -> Svg:
    """Draw `probabilities [words, names]`; `best` names the row that is framed in each word's column, None for none."""
    left, top = margin(names), 34.0
    columns = Columns(words, left)
    rows = [caption(left - 8, top + ROW * (row + 0.65), name, text_anchor="end") for row, name in enumerate(names)]
    cells = [
        _cell(columns, top, column, row, value, f"{words[column]}, {name}: {value:.3f}")
        for column, values in enumerate(probabilities.tolist())
        for row, (name, value) in enumerate(zip(names, values, strict=True))
    ]
    frames = [_frame(columns, top, column, row) for column, row in enumerate(best or ()) if row is not None]
    content = columns.row(20) + "".join(rows + cells + frames)
    return framed(columns.right + 8, top + ROW * len(names) + 8, content, "Marginal probabilities")


def _cell(columns: Columns, top: float, column: int, row: int, value: float, tip: str) -> str:
    x = columns.middles[column]
    box = element(
        "rect",
        x=x - 20,
        y=top + ROW * row,
        width=40,
        height=ROW - 2,
        rx=3,
        class_="shade",
        fill_opacity=0.03 + 0.97 * value,
    )
    return element("g", element("title", safe(tip)) + box)


def _frame(columns: Columns, top: float, column: int, row: int) -> str:
    x = columns.middles[column]
    return element("rect", x=x - 20, y=top + ROW * row, width=40, height=ROW - 2, rx=3, class_="chosen")
