"""The report of a distillation as one web page."""

from __future__ import annotations

from collections.abc import Iterator

from syntagma.learning.distillation.report import DistillationReport
from syntagma.learning.distillation.terminal import COLUMNS, findings, model_rows, score_columns
from syntagma.learning.report.charts import Axis, Series, line_chart
from syntagma.learning.report.page import facts_list, page, table, whole_ticks
from syntagma.markup import element, safe


def render_distillation(report: DistillationReport) -> str:
    """The page as text."""
    return page(f"{report.name}: distilled by '{report.objective}'", _body(report))


def _body(report: DistillationReport) -> Iterator[str]:
    yield from facts_list(report.facts)
    yield element("h2", "Models") + table((*COLUMNS, *score_columns(report)), model_rows(report))
    yield element("h2", "What was gained")
    yield element("ul", "".join(element("li", safe(line)) for line in findings(report)))
    if report.shares:
        x = Axis("epoch", whole_ticks(len(report.shares)), lambda value: f"{value:g}")
        y = Axis("lambda", [0.0, 0.25, 0.5, 0.75, 1.0], lambda value: f"{value:.2f}")
        points = [(float(epoch), share) for epoch, share in enumerate(report.shares, 1)]
        chart = line_chart("The teachers' share in the loss", x, y, [Series("lambda", points)])
        yield element("div", chart, class_="charts")
