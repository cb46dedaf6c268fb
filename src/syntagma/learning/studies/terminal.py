"""The report of a study on a terminal: tables of scores, and the findings in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from syntagma.learning.studies.effect import Effect
from syntagma.learning.studies.findings import Finding
from syntagma.learning.studies.report import StudyReport

EFFECT_COLUMNS = ("effect", "95 % interval", "p", "pairs", "seeds alone")
STYLES = {"reproduces": "bold green", "same direction, not significant": "yellow", "does not reproduce": "bold red"}


def print_study(report: StudyReport, console: Console) -> None:
    """Print the scores by stack and size, what was relied on, and the findings."""
    console.print(Text(f"{report.name}: a study of {len(report.results.stacks)} stacks", style="bold"))
    for name, value in report.facts.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    for title, data in report.tables():
        console.print(Text(f"\n{title}", style="bold"))
        console.print(_table(report.results.sizes, report.rows(data)))
    for one in report.results.data:
        rows = list(report.reliance(one))
        if rows:
            console.print(Text(f"\n{one}: what is left when only one kind of encoder is kept", style="bold"))
            console.print(_table(report.results.sizes, rows))
    for number, finding in enumerate(report.findings, 1):
        _print_finding(number, finding, console)


def _print_finding(number: int, finding: Finding, console: Console) -> None:
    verdict = Text(finding.verdict, style=STYLES.get(finding.verdict, "bold"))
    console.print(Text.assemble("\n", (f"{number}. {finding.claim}: ", "bold"), verdict))
    if not finding.sizes:
        console.print(Text("No two stacks of the study differ in that way.", style="dim"))
        return
    console.print(Text(f"It reproduces when {finding.rule}.", style="dim"))
    console.print(_effects(finding))


def _effects(finding: Finding) -> Table:
    """Each size, and under it each addition by itself."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("training sentences", overflow="fold")
    for name in EFFECT_COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for at_size in finding.sizes:
        table.add_row(at_size.size, *effect_cells(at_size.effect), f"± {at_size.spread:.2f}", style="bold")
        for comparison in finding.comparisons:
            if comparison.size == at_size.size:
                table.add_row(Text(f"  {comparison.addition}"), *effect_cells(comparison.effect), style="dim")
    return table


def effect_cells(effect: Effect) -> tuple[str, ...]:
    """What a table says of an effect, under the first of `EFFECT_COLUMNS`."""
    interval = f"{effect.low:+.2f} to {effect.high:+.2f}"
    return f"{effect.mean:+.2f} ± {effect.deviation:.2f}", interval, f"{effect.p:.2g}", str(effect.pairs)


def _table(sizes: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("training sentences", overflow="fold")
    for size in sizes:
        table.add_column(size, justify="right", no_wrap=True)
    for name, cells in rows:
        table.add_row(Text(name), *cells)
    return table
