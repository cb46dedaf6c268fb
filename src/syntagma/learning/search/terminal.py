"""The report of a search as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from syntagma.learning.search.report import SearchReport

MOST_COMBINATIONS = 10
CANDIDATE_COLUMNS = ("candidate", "kind", "width", "kept", "belief", "gain", "ms a word", "bytes a word")


def print_search(report: SearchReport, console: Console) -> None:
    """Print the candidates with their costs, and the best combinations."""
    console.print(Text(f"{report.name}: search by '{report.strategy}'", style="bold"))
    for name, value in report.facts.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    console.print(_table(CANDIDATE_COLUMNS, candidate_rows(report)))
    shown = report.combinations[:MOST_COMBINATIONS]
    rows = [
        (f"{score:.2f}", signed(report.relative_of(c)), str(count), " + ".join(report.names(c)))
        for c, score, count in shown
    ]
    console.print(_table(("dev", "relative", "episodes", "combination"), rows, left=3))
    if len(report.combinations) > len(shown):
        console.print(Text(f"... and {len(report.combinations) - len(shown)} others", style="dim"))


def candidate_rows(report: SearchReport) -> list[tuple[str, ...]]:
    """The cells of each candidate's row; empty where something is not known."""
    beliefs = report.episodes[-1].beliefs
    rows: list[tuple[str, ...]] = []
    for at, one in enumerate(report.candidates):
        rows.append(
            (
                one.name,
                one.kind,
                str(one.width),
                "yes" if report.best.combination[at] else "no",
                f"{beliefs[at]:.2f}" if beliefs else "",
                signed(report.gain(at)),
                f"{1000 * one.seconds / one.words:.2f}" if one.words else "",
                f"{one.bytes / one.words:.0f}" if one.words else "",
            )
        )
    return rows


def signed(value: float | None) -> str:
    """Points with their sign; empty where there are none."""
    return "" if value is None else f"{value:+.2f}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 0) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at, name in enumerate(columns):
        table.add_column(name, justify="left" if at == left else "right", no_wrap=at != left, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
