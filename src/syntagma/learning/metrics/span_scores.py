"""Exact-match precision, recall and F1 of labelled spans, as conlleval counts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syntagma.learning.metrics.accuracy import require_same_length
from syntagma.learning.metrics.score import Score
from syntagma.learning.metrics.strict_spans import strict_spans
from syntagma.learning.metrics.tally import Tally
from syntagma.text.document import Span, TokenSpan
from syntagma.text.label_schemes import LabelScheme
from syntagma.text.label_tags import read_chunks

Place = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class SpanScores:
    """The scores of one span layer: over all spans, averaged over types, and for each type (sorted by name)."""

    micro: Score
    macro: Score
    """Mean over the types that occur in the gold or the predicted spans, as seqeval has it."""
    per_type: dict[str, Score]


class SpanScorer:
    """Counts spans that agree in both ends and label, sentence by sentence (or document by document)."""

    def __init__(self) -> None:
        self._tally = Tally()

    def add(self, gold: Iterable[TokenSpan | Span], predicted: Iterable[TokenSpan | Span]) -> None:
        """Count one sentence's spans by tokens, or one document's by characters; a span listed twice counts once."""
        gold_places = {place_of(span) for span in gold}
        predicted_places = {place_of(span) for span in predicted}
        self._tally.add(*map(_labels, (gold_places, predicted_places, gold_places & predicted_places)))

    def add_tags(self, gold: Sequence[str], predicted: Sequence[str], *, strict: LabelScheme | None = None) -> None:
        """Count one sentence given as tags, read like conlleval; with `strict`, only what that scheme could write.

        Raises:
            LabelError: the two differ in length, or a tag cannot be read; names its position.
        """
        require_same_length(gold, predicted)
        if strict is None:
            self.add(read_chunks(gold), read_chunks(predicted))
        else:
            self.add(strict_spans(gold, strict), strict_spans(predicted, strict))

    def result(self) -> SpanScores:
        """The scores of everything added so far; all 0 where nothing was."""
        per_type = self._tally.per_label()
        return SpanScores(self._tally.total(), Score.macro(per_type.values()), per_type)


def place_of(span: TokenSpan | Span) -> Place:
    """What must agree for two spans to be the same: first, stop (tokens or characters) and label."""
    if isinstance(span, TokenSpan):
        return span.first, span.stop, span.label
    return span.start, span.end, span.label


def _labels(places: Iterable[Place]) -> list[str]:
    return [label for _, _, label in places]
