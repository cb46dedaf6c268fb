"""Line charts as inline SVG: training curves, and precision against coverage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from syntagma.markup import caption, drawing, element, safe

WIDTH, HEIGHT = 460.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 34.0, 40.0
ROW = 18.0
"""Height of a line of the legend."""
COLOURS = 8
"""How many colours there are, the style sheet's classes `c0` to `c7`; twice as many series can be told apart."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line's name and its points, from left to right."""

    name: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float]] = ()
    """From where to where each point might be, shown as a shade behind the line."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range, the values that are marked on it, and how they are written."""

    name: str
    ticks: Sequence[float]
    write: Callable[[float], str]

    @property
    def low(self) -> float:
        """Where the axis begins."""
        return self.ticks[0]

    @property
    def high(self) -> float:
        """Where it ends; above `low` even if there is one tick."""
        return self.ticks[-1] if self.ticks[-1] > self.ticks[0] else self.ticks[0] + 1.0

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high end."""
        return (value - self.low) / (self.high - self.low)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from at most `low` to at least `high`."""
    span = next(span for span in (high - low, abs(high), 1.0) if span > 1e-9)  # less is lost in rounding
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if math.ceil(span / (power * factor)) < most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def line_chart(
    title: str, x: Axis, y: Axis, series: Sequence[Series], mark: float | None = None, *, legend: bool = True
) -> str:
    """Draw series over common axes, with a legend where there are several; `mark` is an x to point out.

    The legend stands beside the title, or in rows under the axes where that is too narrow.

    A series without points only takes its colour. Series beyond `COLOURS` are dashed, with hollow points; each point
    says its name and values when it is pointed at.
    """
    parts = [caption(0.0, 14.0, title, class_="title"), _axes(x, y)]
    if mark is not None:
        place = _across(x, mark)
        parts.append(element("line", x1=place, x2=place, y1=TOP, y2=HEIGHT - BOTTOM, class_="mark"))
    parts += [_band(x, y, number, line) for number, line in enumerate(series) if line.band]
    parts += [_line(x, y, number, line) for number, line in enumerate(series) if line.points]
    rows: list[list[int]] = []
    names = [line.name for line in series]
    if legend and len(series) > 1:
        beside = WIDTH - RIGHT - 8.0 * len(title)
        if sum(map(_entry, names)) <= beside:
            parts.append(_entries(names, range(len(names)), WIDTH - RIGHT - sum(map(_entry, names)), 14.0))
        else:
            rows = _rows(names)
    parts += [_entries(names, row, LEFT, HEIGHT + ROW * at + 12) for at, row in enumerate(rows)]
    return drawing(WIDTH, HEIGHT + (ROW * len(rows) + 6 if rows else 0), "".join(parts), title)


def _axes(x: Axis, y: Axis) -> str:
    parts = []
    for tick in y.ticks:
        place = _down(y, tick)
        parts.append(element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=place, y2=place, class_="grid"))
        parts.append(caption(LEFT - 6, place + 4, y.write(tick), text_anchor="end"))
    for tick in x.ticks:
        parts.append(caption(_across(x, tick), HEIGHT - BOTTOM + 16, x.write(tick), text_anchor="middle"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(caption(middle, HEIGHT - 6, x.name, text_anchor="middle", class_="axis"))
    return "".join(parts)


def colour_of(number: int) -> str:
    """The style sheet's classes of the series with this number; every other round of colours is drawn hollow."""
    return f"c{number % COLOURS}" + (" hollow" if number // COLOURS % 2 else "")


def _band(x: Axis, y: Axis, number: int, series: Series) -> str:
    upper = [(across, high) for (across, _), (_, high) in zip(series.points, series.band, strict=True)]
    lower = [(across, low) for (across, _), (low, _) in zip(series.points, series.band, strict=True)]
    corners = [
        (_across(x, across), _down(y, min(max(value, y.low), y.high))) for across, value in (*upper, *reversed(lower))
    ]
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in corners)
    return element("polygon", points=points, class_=f"band {colour_of(number)}")


def _line(x: Axis, y: Axis, number: int, series: Series) -> str:
    places = [(_across(x, a), _down(y, b)) for a, b in series.points]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = "".join(
        element("circle", _tip(f"{series.name}, {x.name} {x.write(a)}: {y.write(b)}"), cx=across, cy=down, r=3)
        for (a, b), (across, down) in zip(series.points, places, strict=True)
    )
    return element("g", element("polyline", points=path) + dots, class_=f"line {colour_of(number)}")


def _entry(name: str) -> float:
    """About how wide a name is in the legend, with its dot."""
    return 7.0 * len(name) + 24


def _rows(names: Sequence[str]) -> list[list[int]]:
    """The series' numbers, as many to a row as fit."""
    rows: list[list[int]] = [[]]
    for number, name in enumerate(names):
        taken = sum(_entry(names[other]) for other in rows[-1])
        if rows[-1] and LEFT + taken + _entry(name) > WIDTH:
            rows.append([])
        rows[-1].append(number)
    return rows


def _entries(names: Sequence[str], numbers: Iterable[int], left: float, baseline: float) -> str:
    """Dots and names, from left to right."""
    parts = []
    for number in numbers:
        parts.append(element("circle", cx=left + 4, cy=baseline - 4, r=4, class_=f"dot {colour_of(number)}"))
        parts.append(caption(left + 12, baseline, names[number]))
        left += _entry(names[number])
    return "".join(parts)


def _tip(text: str) -> str:
    return element("title", safe(text))


def _across(axis: Axis, value: float) -> float:
    return LEFT + axis.share(value) * (WIDTH - RIGHT - LEFT)


def _down(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - BOTTOM - TOP)
