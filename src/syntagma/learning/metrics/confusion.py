"""What was taken for what: label against label for tags, type against type for spans."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syntagma.learning.metrics.accuracy import require_same_length
from syntagma.learning.metrics.span_scores import place_of
from syntagma.text.document import Span, TokenSpan

NO_SPAN = "(none)"
"""The row of spurious spans and the column of missed ones."""


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
        self._types = list(types)
        self._pairs: Counter[tuple[str, str]] = Counter()

    def add(self, gold: Iterable[TokenSpan | Span], predicted: Iterable[TokenSpan | Span]) -> None:
        """Count one sentence's spans by tokens, or one document's by characters."""
        gold_types, predicted_types = _types_by_ends(gold), _types_by_ends(predicted)
        for ends in gold_types.keys() | predicted_types.keys():
            self._pairs.update(_paired(gold_types[ends], predicted_types[ends]))

    def result(self) -> Confusion:
        """The matrix of everything added so far; its last row and column are `NO_SPAN`."""
        types = _ordered(self._types, self._pairs)
        return _matrix([name for name in types if name != NO_SPAN] + [NO_SPAN], self._pairs)


def _types_by_ends(spans: Iterable[TokenSpan | Span]) -> defaultdict[tuple[int, int], set[str]]:
    types: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for first, stop, label in map(place_of, spans):
        types[first, stop].add(label)
    return types


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
