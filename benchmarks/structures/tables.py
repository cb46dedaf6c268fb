"""The figures as tables of text cells, made once for the terminal and for Markdown alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from first_call import FirstCall
from goals import FIRST_CALL, LONG_GRADIENT
from long_gradient import LongRow
from mean_field import LengthRow
from rows import CORE, FAST, Row

_SIDES = (FAST, CORE)


@dataclass(frozen=True)
class Table:
    """A title, what it says, column names, cells."""

    title: str
    caption: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """As a Markdown section."""
        lines = [f"## {self.title}", "", self.caption, "", _line(self.columns), _line(["---"] * len(self.columns))]
        return "\n".join([*lines, *(_line(row) for row in self.cells), ""])


def summary_tables(rows: Sequence[Row]) -> list[Table]:
    """One line an operation and kernel: the range of ratios over all problems, and how often the goal is reached."""
    operations = {row.operation.name: row.operation for row in rows}
    cells = []
    for name, operation in operations.items():
        for side, goal in ((FAST, operation.fast), (CORE, operation.core)):
            own = [row for row in rows if row.operation.name == name and row.met(side) is not None]
            if own:
                ratios, met = sorted(row.ratio(side) for row in own), sum(bool(row.met(side)) for row in own)
                spread = (_ratio(ratios[0]), _ratio(median(ratios)), _ratio(ratios[-1]))
                cells.append((name, side.removeprefix("ours, "), f"{goal:g}", *spread, f"{met} of {len(own)}"))
    caption = "How many times as long the fastest peer takes; one thread, CPU time; over all sizes, deviations and BIO."
    columns = ("operation", "ours", "goal", "least", "median", "most", "problems that reach it")
    return [Table("Goals", caption, columns, tuple(cells))] if cells else []


def operation_tables(rows: Sequence[Row]) -> list[Table]:
    """What the goals ask, and every side's figures."""
    return [_goals_table(rows), _peers_table(rows)]


def _goals_table(rows: Sequence[Row]) -> Table:
    """Ours beside the fastest peer, and whether the goal is reached."""
    operation = rows[0].operation
    caption = (
        f"Goal: {operation.fast:g} times the fastest peer with the extra `fast`, {operation.core:g} times core-only. "
        "ms of CPU on one thread; ratios to the fastest peer, on one thread by CPU time and on two by wall time."
    )
    if operation.precision is not None:
        caption += f" Right to {operation.precision:g}."
    columns = ("problem", "std", "fast ms", "core ms", "fastest peer", "ms", "fast ×", "core ×")
    columns += ("fast × 2 thr", "core × 2 thr", "error fast", "error core", "error peer", "fast", "core")
    return Table(operation.name, caption, columns, tuple(_goal_cells(row) for row in rows))


def _peers_table(rows: Sequence[Row]) -> Table:
    """Every side of every problem of an operation."""
    names = list(dict.fromkeys(name for row in rows for name in (*row.figures, *row.absent)))
    cells = tuple((_problem(row), f"{row.deviation:g}", *(_side(row, name) for name in names)) for row in rows)
    caption = "ms of CPU on one thread / ms of wall time on two (largest error)."
    return Table(f"{rows[0].operation.name}, everyone", caption, ("problem", "std", *names), cells)


def long_tables(rows: Sequence[LongRow]) -> list[Table]:
    """Errors of float32 gradients at great length."""
    names = list(dict.fromkeys(name for row in rows for name in row.errors))
    goal = [name for name in names if name in _SIDES]
    cells = tuple(
        (
            _chain(row.size, row.bio),
            f"{row.deviation:g}",
            *(_error(row.errors[name]) if name in row.errors else "–" for name in names),
            " ".join(_yes(row.met(name)) for name in goal),
        )
        for row in rows
    )
    caption = f"Largest error of an element (relative above 1) against float64; goal {LONG_GRADIENT:g}."
    return [Table("Float32 gradient of long chains", caption, ("problem", "std", *names, "goals"), cells)]


def first_call_tables(calls: Sequence[FirstCall]) -> list[Table]:
    """Seconds before the first result."""
    cells = tuple(
        (
            call.operation,
            f"{call.without_numba:.3f}",
            f"{call.seconds:.3f}",
            f"{call.compiling:.1f}",
            _yes(call.without_numba < FIRST_CALL),
        )
        for call in calls
    )
    caption = f"Seconds in a fresh process, on a warm cache. Goal: {FIRST_CALL:g} for the call of the kernel."
    columns = ("operation", "first call", "with numba's import", "cold cache, compiling", "goal")
    return [Table("First call of a compiled kernel", caption, columns, cells)]


def length_tables(rows: Sequence[LengthRow]) -> list[Table]:
    """Mean-field and exact inference over lengths."""
    names = list(rows[0].times)
    cells = []
    for row in rows:
        fastest = min(row.times, key=lambda name: row.times[name])
        cells.append((row.task, str(row.size[1]), *(_ms(row.times[name]) for name in names), fastest))
    caption = "ms of CPU on one thread; 32 sentences, 20 labels, 3 rounds of mean-field updates."
    columns = ("task", "words", *names, "fastest")
    return [Table("Mean-field against exact inference", caption, columns, tuple(cells))]


def _goal_cells(row: Row) -> tuple[str, ...]:
    peer = row.figures.get(row.peer or "")
    ours = [row.figures.get(side) for side in _SIDES]
    return (
        _problem(row),
        f"{row.deviation:g}",
        *(_ms(figure.cpu_ms) if figure else "–" for figure in ours),
        row.peer or "none runs",
        _ms(peer.cpu_ms) if peer else "–",
        *(_ratio(row.ratio(side)) for side in _SIDES),
        *(_ratio(row.ratio(side, "wall_ms")) for side in _SIDES),
        *(_error(figure.error) if figure else "–" for figure in (*ours, peer)),
        *(_yes(row.met(side)) for side in _SIDES),
    )


def _side(row: Row, name: str) -> str:
    if name not in row.figures:
        return row.absent.get(name, "–").replace("|", "/")
    figure = row.figures[name]
    note = f"; {figure.note}" if figure.note else ""
    return f"{_ms(figure.cpu_ms)} / {_ms(figure.wall_ms)} ({_error(figure.error)}{note})"


def _problem(row: Row) -> str:
    return _chain(row.size, row.bio)


def _chain(size: tuple[int, ...], bio: bool) -> str:
    return ", ".join(map(str, size)) + (", BIO" if bio else "")


def _ms(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _ratio(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.1f}"


def _error(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.0e}"


def _yes(met: bool | None) -> str:
    return "–" if met is None else "yes" if met else "NO"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
