"""What was taken for what: label against label for tags, type against type for spans, relations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syntagma.learning.metrics.accuracy import require_same_length
from syntagma.learning.metrics.arcs import graph_arcs, universal
from syntagma.learning.metrics.span_scores import place_of
from syntagma.text.document import Arc, Span, TokenSpan

NO_SPAN = "(none)"
"""The row of spurious spans, or arcs, and the column of missed ones."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """`counts[i][j]`: how often gold `labels[i]` was predicted as `labels[j]`."""

    labels: list[str]
    counts: list[list[int]]


class ConfusionMatrix:
    """Counts tokens by gold and predicted label. `labels` fixes the order; others follow, sorted, as they turn up."""

    def __init__(self, labels: Sequence[str] = ()) -> None:
        self._labels = list(labels)
        self._pairs: Counter[tuple[str, str]] = Counter()

    def add(self, gold: Sequence[str], predicted: Sequence[str]) -> None:
        """Count one sentence, one label a token.

        Raises:
            LabelError: the two sequences differ in length.
        """
        require_same_length(gold, predicted)
        self._pairs.update(zip(gold, predicted, strict=True))

    def result(self) -> Confusion:
        """The matrix of everything added so far."""
        return _matrix(self._labels, self._pairs)


class SpanConfusion:
    """Counts spans by gold and predicted type.

    Two spans with the same ends are a pair; a gold span without one is missed, a predicted one spurious. So the
    diagonal holds what `SpanScorer` calls correct, rows sum to the support and columns to the predicted spans.
    """

    def __init__(self, types: Sequence[str] = ()) -> None:
        self._pairs = _PairedLabels(types)

    def add(self, gold: Iterable[TokenSpan | Span], predicted: Iterable[TokenSpan | Span]) -> None:
        """Count one sentence's spans by tokens, or one document's by characters."""
        self._pairs.add(_types_by_ends(gold), _types_by_ends(predicted))

    def result(self) -> Confusion:
        """The matrix of everything added so far; its last row and column are `NO_SPAN`."""
        return self._pairs.result()


class ArcConfusion:
    """Counts arcs of graphs by gold and predicted universal relation; two with the same two words are a pair."""

    def __init__(self, relations: Sequence[str] = ()) -> None:
        self._pairs = _PairedLabels(relations)

    def add(self, gold: Sequence[Sequence[Arc]], predicted: Sequence[Sequence[Arc]]) -> None:
        """Count one sentence, the arcs to each word."""
        self._pairs.add(_relations_by_ends(gold), _relations_by_ends(predicted))

    def result(self) -> Confusion:
        """The matrix of everything added so far; its last row and column are `NO_SPAN`."""
        return self._pairs.result()


Place = tuple[int, int]
"""First and stop of a span, dependent and head of an arc."""


class _PairedLabels:
    """Counts labels that are at the same place; those that have no partner there are missed, or spurious."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = list(labels)
        self._pairs: Counter[tuple[str, str]] = Counter()

    def add(self, gold: Mapping[Place, set[str]], predicted: Mapping[Place, set[str]]) -> None:
        for place in gold.keys() | predicted.keys():
            self._pairs.update(_paired(gold.get(place, set()), predicted.get(place, set())))

    def result(self) -> Confusion:
        labels = _ordered(self._labels, self._pairs)
        return _matrix([name for name in labels if name != NO_SPAN] + [NO_SPAN], self._pairs)


def _types_by_ends(spans: Iterable[TokenSpan | Span]) -> defaultdict[Place, set[str]]:
    types: defaultdict[Place, set[str]] = defaultdict(set)
    for first, stop, label in map(place_of, spans):
        types[first, stop].add(label)
    return types


def _relations_by_ends(graph: Sequence[Sequence[Arc]]) -> defaultdict[Place, set[str]]:
    relations: defaultdict[Place, set[str]] = defaultdict(set)
    for arc in graph_arcs(graph):
        relations[arc.dependent, arc.head].add(universal(arc.relation))
    return relations


def _paired(gold: set[str], predicted: set[str]) -> list[tuple[str, str]]:
    """Equal types first; what is left over is paired in the order of its names, then with nothing."""
    pairs = [(name, name) for name in gold & predicted]
    missing, extra = sorted(gold - predicted), sorted(predicted - gold)
    width = max(len(missing), len(extra))
    missing += [NO_SPAN] * (width - len(missing))
    extra += [NO_SPAN] * (width - len(extra))
    return pairs + list(zip(missing, extra, strict=True))


def _ordered(labels: list[str], pairs: Counter[tuple[str, str]]) -> list[str]:
    seen = {label for pair in pairs for label in pair}
    return labels + sorted(seen - set(labels))


def _matrix(labels: list[str], pairs: Counter[tuple[str, str]]) -> Confusion:
    labels = _ordered(labels, pairs)
    return Confusion(labels, [[pairs[gold, predicted] for predicted in labels] for gold in labels])
