"""A confusion matrix as an inline SVG heat map: a row a gold label, shaded by the share of the row."""

from __future__ import annotations

from syntagma.learning.metrics import NO_SPAN, Confusion
from syntagma.markup import caption, drawing, element, safe

MOST_LABELS = 30
CELL = 36.0
LETTER = 7.2
"""Width of a letter in pixels, more or less."""
DARK = 0.65
"""From this shade on, figures are written in the light colour."""


def heat_map(confusion: Confusion) -> str:
    """Draw the matrix, of the most frequent labels only where there are more than `MOST_LABELS`.

    The cell of spans that are in neither annotation (`NO_SPAN` against itself) does not exist and is left blank.
    """
    chosen = _most_frequent(confusion)
    names = [confusion.labels[number] for number in chosen]
    longest = LETTER * max((len(name) for name in names), default=0)
    left, top = 36 + longest, 28 + longest
    width = left + CELL * len(names) + 8
    parts = [_names(names, left, top)]
    for row, gold in enumerate(chosen):
        total = sum(confusion.counts[gold])
        for column, predicted in enumerate(chosen):
            if not confusion.labels[gold] == confusion.labels[predicted] == NO_SPAN:
                count = confusion.counts[gold][predicted]
                tip = f"gold {names[row]}, predicted {names[column]}: {count:,} of {total:,}"
                parts.append(_cell(left + CELL * column, top + CELL * row, count, total, row == column, tip))
    return drawing(width, top + CELL * len(names) + 8, "".join(parts), "Confusion matrix")


def left_out(confusion: Confusion) -> int:
    """How many labels `heat_map` does not show."""
    return len(confusion.labels) - len(_most_frequent(confusion))


def _most_frequent(confusion: Confusion) -> list[int]:
    def weight(number: int) -> int:
        return sum(confusion.counts[number]) + sum(row[number] for row in confusion.counts)

    present = [number for number in range(len(confusion.labels)) if weight(number)]
    return sorted(sorted(present, key=weight, reverse=True)[:MOST_LABELS])


def _names(names: list[str], left: float, top: float) -> str:
    middle = CELL * len(names) / 2
    parts = [
        caption(left + middle, 12, "predicted", class_="axis", text_anchor="middle"),
        _upright(12, top + middle, "gold", class_="axis", text_anchor="middle"),
    ]
    for number, name in enumerate(names):
        middle = CELL * (number + 0.5)
        parts.append(caption(left - 6, top + middle + 4, name, text_anchor="end"))
        parts.append(_upright(left + middle + 4, top - 6, name))
    return "".join(parts)


def _upright(x: float, y: float, text: str, **attributes: object) -> str:
    return caption(x, y, text, transform=f"rotate(-90 {x:.1f} {y:.1f})", **attributes)


def _cell(across: float, down: float, count: int, total: int, right: bool, tip: str) -> str:
    share = count / total if total else 0.0
    kind = "right" if right else "wrong"
    box = element(
        "rect", x=across, y=down, width=CELL - 2, height=CELL - 2, rx=3, class_=kind, fill_opacity=0.04 + 0.96 * share
    )
    figure = ""
    if count:
        shade = "light" if share >= DARK else "dark"
        middle = across + CELL / 2 - 1
        figure = caption(middle, down + CELL / 2 + 3, _short(count), text_anchor="middle", class_=shade)
    return element("g", element("title", safe(tip)) + box + figure, class_="cell")


def _short(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"
