"""A report as tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from syntagma.learning.metrics import (
    NO_SPAN,
    Calibration,
    Confusion,
    GraphEvaluation,
    LayerEvaluation,
    Score,
    SpanEvaluation,
    TagEvaluation,
    ThresholdScore,
    TreeEvaluation,
)
from syntagma.learning.metrics.arcs import universal
from syntagma.learning.report.report import DataSetScores, Report

MOST_LABELS = 30
MOST_CONFUSIONS = 5


def print_report(report: Report, console: Console) -> None:
    """Print the epochs, then each data set's scores, frequent confusions and calibration."""
    console.print(Text(report.name, style="bold"))
    for name, value in report.facts.items():
        console.print(Text(f"{name}: {value}", style="dim"))
    if report.epochs:
        console.print(_epochs(report))
    for data_set in report.data_sets:
        _print_data_set(data_set, console)


def _epochs(report: Report) -> Table:
    layers = sorted({name for epoch in report.epochs for name in epoch.dev})
    table = _table("epoch", "loss", "dev score", *(f"dev {name}" for name in layers), "learning rate", "seconds")
    for epoch in report.epochs:
        table.add_row(
            str(epoch.number),
            f"{epoch.loss:.4f}",
            percent(epoch.score),
            *(percent(epoch.dev[name]) if name in epoch.dev else "" for name in layers),
            f"{epoch.learning_rate:.2e}",
            f"{epoch.seconds:.1f}",
            style="bold green" if epoch is report.best_epoch else None,
        )
    return table


def _print_data_set(data_set: DataSetScores, console: Console) -> None:
    size = f"{data_set.sentences:,} sentences, {data_set.tokens:,} tokens"
    speed = f", {data_set.tokens / data_set.seconds:,.0f} tokens a second" if data_set.seconds else ""
    console.print(Text.assemble("\n", (data_set.name, "bold"), f"  {size}{speed}"))
    for layer in data_set.layers:
        for part in _layer(layer):
            console.print(part)


def _layer(layer: LayerEvaluation) -> Iterator[Table | Text]:
    match layer:
        case TagEvaluation():
            return _tags(layer)
        case SpanEvaluation():
            return _spans(layer)
        case TreeEvaluation():
            return _tree(layer)
        case GraphEvaluation():
            return _graph(layer)


def _tags(layer: TagEvaluation) -> Iterator[Table | Text]:
    scores = layer.scores
    counts = f"({scores.correct:,} of {scores.total:,} tokens)"
    yield Text.assemble((layer.layer, "bold"), f": accuracy {percent(scores.accuracy)} {counts}")
    yield _score_table("label", scores.per_label, {"macro": scores.macro})
    yield from _confusions(layer.confusion)
    if layer.calibration is not None:
        yield _calibration(layer.calibration, "tags")


def _spans(layer: SpanEvaluation) -> Iterator[Table | Text]:
    scores = layer.scores
    yield Text.assemble((layer.layer, "bold"), f": F1 {percent(scores.micro.f1)}")
    yield _score_table("type", scores.per_type, {"micro": scores.micro, "macro": scores.macro})
    yield from _confusions(layer.confusion)
    if layer.calibration is not None:
        yield _calibration(layer.calibration, "spans")
        yield _thresholds(layer.thresholds or [])


def _tree(layer: TreeEvaluation) -> Iterator[Table | Text]:
    scores = layer.scores
    counts = f"({scores.words:,} words in {scores.trees:,} trees)"
    headline = f": LAS {percent(scores.las)}, UAS {percent(scores.uas)}, CLAS {percent(scores.clas.f1)} {counts}"
    yield Text.assemble((layer.layer, "bold"), headline)
    yield Text(
        f"LAS with subtypes of relations {percent(scores.las_with_subtypes)}, relations "
        f"{percent(scores.relation_accuracy)}, whole trees {percent(scores.whole_trees)}"
    )
    yield _score_table("relation", universal_relations(scores.per_relation), {})
    yield _score_table("length", scores.per_length, {})
    yield from _confusions(layer.confusion)
    if layer.calibration is not None:
        yield _calibration(layer.calibration, "arcs")


def _graph(layer: GraphEvaluation) -> Iterator[Table | Text]:
    scores = layer.scores
    counts = f"({scores.words:,} words in {scores.graphs:,} graphs, whole graphs {percent(scores.whole_graphs)})"
    yield Text.assemble((layer.layer, "bold"), f": labelled F1 {percent(scores.labelled.f1)} {counts}")
    averages = {"labelled": scores.labelled, "without subtypes": scores.universal, "unlabelled": scores.unlabelled}
    yield _score_table("relation", universal_relations(scores.per_relation), averages)
    yield from _confusions(layer.confusion)
    if layer.calibration is not None:
        yield _calibration(layer.calibration, "arcs")


def universal_relations(scores: Mapping[str, Score]) -> dict[str, Score]:
    """The scores of relations that are not a subtype of another one here."""
    return {name: score for name, score in scores.items() if universal(name) == name}


def _score_table(first: str, scores: Mapping[str, Score], averages: Mapping[str, Score]) -> Table:
    table = _table(first, "precision", "recall", "F1", "gold", "predicted", "correct")
    shown = sorted(scores, key=lambda name: -scores[name].support)[:MOST_LABELS]
    for name in (name for name in scores if name in shown):
        _add_score(table, name, scores[name])
    if len(scores) > len(shown):
        table.add_row(Text(f"... and {len(scores) - len(shown)} rarer ones", style="dim"))
    table.add_section()
    for name, score in averages.items():
        _add_score(table, name, score, style="bold")
    return table


def _add_score(table: Table, name: str, score: Score, style: str | None = None) -> None:
    ratios = (percent(score.precision), percent(score.recall), percent(score.f1))
    counts = (f"{score.support:,}", f"{score.predicted:,}", f"{score.correct:,}")
    table.add_row(Text(name), *ratios, *counts, style=style)


def most_confused(confusion: Confusion, most: int) -> list[tuple[int, str, str]]:
    """The most frequent mistakes: how often, the gold label, the predicted one."""
    mistakes = [
        (count, gold, predicted)
        for gold, row in zip(confusion.labels, confusion.counts, strict=True)
        for predicted, count in zip(confusion.labels, row, strict=True)
        if count and gold != predicted
    ]
    return sorted(mistakes, key=lambda mistake: -mistake[0])[:most]


def _confusions(confusion: Confusion) -> Iterator[Text]:
    mistakes = most_confused(confusion, MOST_CONFUSIONS)
    if mistakes:
        listed = ", ".join(f"{_mistake(gold, predicted)} {count:,}" for count, gold, predicted in mistakes)
        yield Text(f"most frequent mistakes: {listed}", style="dim")


def _mistake(gold: str, predicted: str) -> str:
    if gold == NO_SPAN:
        return f"spurious {predicted}"
    return f"missed {gold}" if predicted == NO_SPAN else f"{gold} taken for {predicted}"


def _calibration(calibration: Calibration, what: str) -> Text:
    return Text(f"expected calibration error {percent(calibration.ece)} over {calibration.count:,} predicted {what}")


def _thresholds(thresholds: Sequence[ThresholdScore]) -> Table:
    table = _table("min. confidence", "kept", "precision", "recall", "F1")
    for point in thresholds:
        ratios = (point.coverage, point.score.precision, point.score.recall, point.score.f1)
        table.add_row(f"{point.threshold:.2f}", *map(percent, ratios))
    return table


def percent(ratio: float) -> str:
    """`0.9512` as `95.12`."""
    return f"{100 * ratio:.2f}"


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
