"""A layer's part of a report's web page: what was measured of its tags, spans, trees or graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from syntagma.learning.metrics import (
    Calibration,
    GraphEvaluation,
    LayerEvaluation,
    Score,
    SpanEvaluation,
    TagEvaluation,
    ThresholdScore,
    TreeEvaluation,
)
from syntagma.learning.report.charts import Axis, Series, line_chart
from syntagma.learning.report.heat_map import heat_map, left_out
from syntagma.learning.report.page import table
from syntagma.learning.report.reliability import reliability_diagram
from syntagma.learning.report.terminal import percent, universal_relations
from syntagma.markup import element, safe

_SCORE_COLUMNS = ("precision", "recall", "F1", "gold", "predicted", "correct")


def layer_section(layer: LayerEvaluation) -> Iterator[str]:
    """Heading, tables and pictures of a layer."""
    match layer:
        case TagEvaluation():
            yield from _tags(layer)
        case SpanEvaluation():
            yield from _spans(layer)
        case TreeEvaluation():
            yield from _tree(layer)
        case GraphEvaluation():
            yield from _graph(layer)


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


def _tree(layer: TreeEvaluation) -> Iterator[str]:
    scores = layer.scores
    yield element("h3", f"{safe(layer.layer)}: LAS {percent(scores.las)}, UAS {percent(scores.uas)}")
    shares = (
        f"CLAS {percent(scores.clas.f1)}, LAS with subtypes of relations {percent(scores.las_with_subtypes)}. "
        f"{percent(scores.relation_accuracy)} % of the relations and {percent(scores.whole_trees)} % of whole trees "
        "are right"
    )
    yield element("p", f"{scores.words:,} words in {scores.trees:,} trees. {shares}.", class_="note")
    lengths = element("h4", "By length of the arc, in words") + _score_table("length", scores.per_length, {})
    yield _arcs(layer, _relations(scores.per_relation) + lengths)
    yield _confusion(layer, "Relations without subtypes, whatever the heads. ")


def _graph(layer: GraphEvaluation) -> Iterator[str]:
    scores = layer.scores
    f1 = f"labelled F1 {percent(scores.labelled.f1)}, unlabelled {percent(scores.unlabelled.f1)}"
    yield element("h3", f"{safe(layer.layer)}: {f1}")
    whole = f"{percent(scores.whole_graphs)} % of the graphs are right as a whole"
    yield element("p", f"{scores.words:,} words in {scores.graphs:,} graphs; {whole}.", class_="note")
    kinds = {"labelled": scores.labelled, "without subtypes": scores.universal, "unlabelled": scores.unlabelled}
    yield _arcs(layer, _score_table("arcs", kinds, {}) + _relations(scores.per_relation))
    yield _confusion(layer, "Relations without subtypes, of arcs between the same two words. ")


def _arcs(layer: TreeEvaluation | GraphEvaluation, tables: str) -> str:
    """Tables with the reliability beside them; the heat map is too wide for that."""
    beside = _reliability(layer.calibration) if layer.calibration else ""
    return element("div", element("div", tables) + beside, class_="charts")


def _relations(scores: Mapping[str, Score]) -> str:
    """A table of universal relations, and one of all with their subtypes, folded."""
    universal = universal_relations(scores)
    shown = _score_table("relation", universal, {})
    if len(universal) == len(scores):
        return shown
    return shown + element("details", element("summary", "With subtypes") + _score_table("relation", scores, {}))


def _confusion(layer: LayerEvaluation, what: str = "") -> str:
    hidden = left_out(layer.confusion)
    note = f"The {len(layer.confusion.labels) - hidden} most frequent labels. " if hidden else ""
    words = "Shade: the share of the row, of all that is so labelled in the gold annotation."
    return element("figure", heat_map(layer.confusion) + element("figcaption", what + note + words))


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
