"""A report as one web page that needs nothing else: tables, training curves, confusion and reliability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from syntagma.atomic import replace_file
from syntagma.learning.history import Epoch
from syntagma.learning.metrics import Calibration, Score, SpanEvaluation, TagEvaluation, ThresholdScore
from syntagma.learning.report.charts import Axis, Series, line_chart, ticks
from syntagma.learning.report.heat_map import heat_map, left_out
from syntagma.learning.report.page import page, table, whole_ticks
from syntagma.learning.report.reliability import reliability_diagram
from syntagma.learning.report.report import DataSetScores, Report
from syntagma.learning.report.terminal import percent
from syntagma.markup import element, safe

_SCORE_COLUMNS = ("precision", "recall", "F1", "gold", "predicted", "correct")


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
    if report.facts:
        facts = (element("dt", safe(name)) + element("dd", safe(value)) for name, value in report.facts.items())
        yield element("dl", "".join(facts))
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
        yield from _tags(layer) if isinstance(layer, TagEvaluation) else _spans(layer)


def _tags(layer: TagEvaluation) -> Iterator[str]:
    scores = layer.scores
    yield element("h3", f"{safe(layer.layer)}: accuracy {percent(scores.accuracy)}")
    yield element("p", f"{scores.correct:,} of {scores.total:,} tokens", class_="note")
    labels = _score_table("label", scores.per_label, {"macro": scores.macro})
    yield element("div", labels + _confusion(layer), class_="charts")
    if layer.calibration is not None:
        yield element("div", _reliability(layer.calibration), class_="charts")


def _spans(layer: SpanEvaluation) -> Iterator[str]:
    scores = layer.scores
    yield element("h3", f"{safe(layer.layer)}: F1 {percent(scores.micro.f1)}")
    types = _score_table("type", scores.per_type, {"micro": scores.micro, "macro": scores.macro})
    yield element("div", types + _confusion(layer), class_="charts")
    if layer.calibration is not None:
        points = layer.thresholds or []
        rejection = element("div", _threshold_chart(points) + _threshold_table(points))
        yield element("div", _reliability(layer.calibration) + rejection, class_="charts")


def _confusion(layer: TagEvaluation | SpanEvaluation) -> str:
    hidden = left_out(layer.confusion)
    note = f"The {len(layer.confusion.labels) - hidden} most frequent labels. " if hidden else ""
    words = "Shade: the share of the row, of all that is so labelled in the gold annotation."
    return element("figure", heat_map(layer.confusion) + element("figcaption", note + words))


def _reliability(calibration: Calibration) -> str:
    words = "How often predictions of each confidence are right, and the gap to what was claimed."
    return element("figure", reliability_diagram(calibration) + element("figcaption", words))


def _threshold_chart(points: Sequence[ThresholdScore]) -> str:
    shares = Axis("%", [0.0, 20.0, 40.0, 60.0, 80.0, 100.0], lambda value: f"{value:.4g} %")
    x = Axis("minimum confidence", [0.0, 0.2, 0.4, 0.6, 0.8, 1.0], lambda value: f"{value:g}")
    lines = [
        Series("precision", [(point.threshold, 100 * point.score.precision) for point in points if point.coverage]),
        Series("recall", [(point.threshold, 100 * point.score.recall) for point in points]),
        Series("kept", [(point.threshold, 100 * point.coverage) for point in points]),
    ]
    return line_chart("When the unsure are rejected", x, shares, lines)


def _threshold_table(points: Iterable[ThresholdScore]) -> str:
    rows = (
        (
            f"{point.threshold:.2f}",
            *map(percent, (point.coverage, point.score.precision, point.score.recall, point.score.f1)),
        )
        for point in points
    )
    return table(("min. confidence", "kept", "precision", "recall", "F1"), rows)


def _score_table(first: str, scores: Mapping[str, Score], averages: Mapping[str, Score]) -> str:
    rows = (_score_row(name, score) for name, score in scores.items())
    return table((first, *_SCORE_COLUMNS), rows, (_score_row(name, score) for name, score in averages.items()))


def _score_row(name: str, score: Score) -> tuple[str, ...]:
    ratios = (percent(score.precision), percent(score.recall), percent(score.f1))
    return name, *ratios, f"{score.support:,}", f"{score.predicted:,}", f"{score.correct:,}"
