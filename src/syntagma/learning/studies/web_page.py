"""The report of a study as one web page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from syntagma.learning.report.charts import Axis, Series, colour_of, line_chart, ticks
from syntagma.learning.report.page import facts_list, page, table
from syntagma.learning.studies.findings import Comparison, Finding
from syntagma.learning.studies.report import StudyReport
from syntagma.learning.studies.terminal import EFFECT_COLUMNS, effect_cells
from syntagma.markup import element, safe

FIRST = "stack"


def render_study(report: StudyReport) -> str:
    """The page as text."""
    return page(f"{report.name}: a study of {len(report.results.stacks)} stacks", _body(report))


def _body(report: StudyReport) -> Iterator[str]:
    yield from facts_list(report.facts)
    yield element("h2", "Findings") + "".join(
        _finding(number, finding) for number, finding in enumerate(report.findings, 1)
    )
    yield element("h2", "Scores") + element("p", _HOW_SCORES_ARE_TOLD, class_="note")
    yield _legend([stack.name for stack in report.results.stacks])
    for title, data in report.tables():
        shown = table((FIRST, *report.results.sizes), ((name, *cells) for name, cells in report.rows(data)))
        yield element("h3", safe(title)) + element("div", _chart(report, data) + shown, class_="charts")
    yield from _reliance(report)


_HOW_SCORES_ARE_TOLD = (
    "By number of training sentences: mean and standard deviation over seeds, in points of F1 or accuracy. "
    "The shades are one standard deviation."
)
_WHAT_RELIANCE_IS = (
    "The mean score of the trained models when only one kind of their encoders is kept "
    "and the vectors of the others are 0."
)


def _finding(number: int, finding: Finding) -> str:
    title = element("h3", safe(f"{number}. {finding.claim}: ") + element("em", safe(finding.verdict)))
    if not finding.sizes:
        return title + element("p", "No two stacks of the study differ in that way.", class_="note")
    rule = element("p", safe(f"It reproduces when {finding.rule}."), class_="note")
    rows = ((found.size, *effect_cells(found.effect), f"± {found.spread:.2f}") for found in finding.sizes)
    return title + rule + table(("sentences", *EFFECT_COLUMNS), rows) + _comparisons(finding.comparisons)


def _comparisons(comparisons: Iterable[Comparison]) -> str:
    rows = ((found.addition, found.size, *effect_cells(found.effect)) for found in comparisons)
    columns = ("addition", "sentences", *EFFECT_COLUMNS[:-1])
    return element("details", element("summary", "Every addition") + table(columns, rows))


def _legend(names: Sequence[str]) -> str:
    entries = (
        element("li", element("span", safe(name)), class_=colour_of(number)) for number, name in enumerate(names)
    )
    return element("ul", "".join(entries), class_="legend")


def _chart(report: StudyReport, data: Sequence[str]) -> str:
    """Scores by size; each stack has the colour of its place in the study, also where others are missing."""
    results = report.results
    lines = []
    for stack in results.stacks:
        known = all(results.has(one, stack) for one in data)
        cells = [results.cell(data, stack, size) for size in results.sizes] if known else []
        points = [(float(at), cell.mean) for at, cell in enumerate(cells)]
        lines.append(Series(stack.name, points, [(c.mean - c.deviation, c.mean + c.deviation) for c in cells]))
    reached = [value for line in lines for pair in line.band for value in pair]
    x = Axis("training sentences", [float(at) for at in range(len(results.sizes))], lambda at: results.sizes[round(at)])
    y = Axis("score", ticks(max(0.0, min(reached)), min(100.0, max(reached))), lambda value: f"{value:.4g}")
    return line_chart("Score by number of training sentences", x, y, lines, legend=False)


def _reliance(report: StudyReport) -> Iterator[str]:
    found = [(data, list(report.reliance(data))) for data in report.results.data]
    if not any(rows for _, rows in found):
        return
    yield element("h2", "Reliance") + element("p", _WHAT_RELIANCE_IS, class_="note")
    for data, rows in found:
        if rows:
            yield element("h3", safe(data)) + table(
                (FIRST, *report.results.sizes), ((name, *cells) for name, cells in rows)
            )
