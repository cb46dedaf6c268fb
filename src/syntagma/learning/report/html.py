"""A report as one web page that needs nothing else: tables, training curves, confusion and reliability."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from syntagma.atomic import replace_file
from syntagma.learning.history import Epoch
from syntagma.learning.report.charts import Axis, Series, line_chart, ticks
from syntagma.learning.report.html_layers import layer_section
from syntagma.learning.report.page import facts_list, page, table, whole_ticks
from syntagma.learning.report.report import DataSetScores, Report
from syntagma.learning.report.terminal import percent
from syntagma.markup import element, safe


def write_html(report: Report, path: str | Path) -> None:
    """Write `report.html`: no script, nothing fetched, light or dark as the reader's system is; whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with replace_file(path) as stream:
        stream.write(render_html(report))


def render_html(report: Report) -> str:
    """The page as text."""
    return page(report.name, _body(report))


def _body(report: Report) -> Iterator[str]:
    yield from facts_list(report.facts)
    if report.epochs:
        yield element("section", element("h2", "Training") + _training(report))
    for data_set in report.data_sets:
        yield element("section", "".join(_data_set(data_set)))


def _training(report: Report) -> str:
    epochs, best = report.epochs, report.best_epoch
    mark = float(best.number) if best else None
    x = Axis("epoch", whole_ticks(len(epochs)), lambda value: f"{value:g}")
    losses = [(float(epoch.number), epoch.loss) for epoch in epochs]
    high = max(loss for _, loss in losses)
    loss_chart = line_chart(
        "Training loss a word",
        x,
        Axis("loss", ticks(0.0, high), lambda value: f"{value:.3g}"),
        [Series("loss", losses)],
    )
    lines = _dev_lines(epochs)
    values = [value for line in lines for _, value in line.points]
    dev_axis = Axis("score", ticks(min(values), max(values)), lambda value: f"{value:.4g}")
    dev_chart = line_chart("Dev scores (%)", x, dev_axis, lines, mark)
    note = f"The best of {len(epochs)} epochs is {best.number}: {percent(best.score)}." if best else ""
    every = element("details", element("summary", "Every epoch") + _epoch_table(epochs))
    return element("p", note) + element("div", loss_chart + dev_chart, class_="charts") + every


def _dev_lines(epochs: Sequence[Epoch]) -> list[Series]:
    layers = sorted({name for epoch in epochs for name in epoch.dev})
    lines = [
        Series(name, [(float(epoch.number), 100 * epoch.dev[name]) for epoch in epochs if name in epoch.dev])
        for name in layers
    ]
    score = Series("score", [(float(epoch.number), 100 * epoch.score) for epoch in epochs])
    repeats = any(line.points == score.points for line in lines)
    return lines if repeats else [score, *lines]


def _epoch_table(epochs: Sequence[Epoch]) -> str:
    layers = sorted({name for epoch in epochs for name in epoch.dev})
    rows = (
        (
            str(epoch.number),
            f"{epoch.loss:.4f}",
            percent(epoch.score),
            *(percent(epoch.dev[name]) if name in epoch.dev else "" for name in layers),
            f"{epoch.learning_rate:.2e}",
            f"{epoch.seconds:.1f}",
        )
        for epoch in epochs
    )
    return table(("epoch", "loss", "dev score", *(f"dev {name}" for name in layers), "learning rate", "seconds"), rows)


def _data_set(data_set: DataSetScores) -> Iterator[str]:
    yield element("h2", safe(data_set.name))
    speed = f", {data_set.tokens / data_set.seconds:,.0f} tokens a second" if data_set.seconds else ""
    yield element("p", f"{data_set.sentences:,} sentences, {data_set.tokens:,} tokens{speed}", class_="note")
    for layer in data_set.layers:
        yield from layer_section(layer)
