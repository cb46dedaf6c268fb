"""The report of a study on a terminal: tables of scores, and the findings in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from syntagma.learning.studies.findings import Finding
from syntagma.learning.studies.report import StudyReport

STYLES = {"reproduces": "bold green", "points that way": "green", "does not reproduce": "bold red"}


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
        console.print(Padding(Text("no two stacks of the study differ in that way", style="dim"), (0, 0, 0, 3)))
        return
    console.print(Padding(Text(f"when {finding.rule}", style="dim"), (0, 0, 0, 3)))
    for at_size in finding.sizes:
        console.print(Padding(Text(str(at_size)), (0, 0, 0, 3)))
        for comparison in finding.comparisons:
            if comparison.size == at_size.size:
                console.print(Padding(Text(str(comparison), style="dim"), (0, 0, 0, 6)))


def _table(sizes: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("training sentences", overflow="fold")
    for size in sizes:
        table.add_column(size, justify="right", no_wrap=True)
    for name, cells in rows:
        table.add_row(Text(name), *cells)
    return table
