"""Predictions against gold annotation: everything that is measured of a layer, from one pass over the sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from syntagma.learning.batches import pack
from syntagma.learning.metrics import (
    Calibration,
    Confusion,
    ConfusionMatrix,
    SpanConfidences,
    SpanConfusion,
    SpanScorer,
    SpanScores,
    TagScorer,
    TagScores,
    ThresholdScore,
    expected_calibration_error,
)
from syntagma.models import SpanCoding, Tagger
from syntagma.text.document import Sentence, Span, Token, TokenSpan

EVALUATION_WORDS = 8000


@dataclass(frozen=True, slots=True)
class LayerEvaluation:
    """What was measured of one layer on one data set."""

    layer: str
    scores: SpanScores | TagScores
    confusion: Confusion
    calibration: Calibration
    thresholds: list[ThresholdScore] = field(default_factory=list)
    """Spans only: coverage and scores when less confident spans are rejected."""

    @property
    def score(self) -> float:
        """The one number: micro F1 of spans, accuracy of tags; 0..1."""
        return self.scores.micro.f1 if isinstance(self.scores, SpanScores) else self.scores.accuracy


class SpanEvaluation:
    """Collects a span layer's gold and predicted spans."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._scorer = SpanScorer()
        self._confusion = SpanConfusion()
        self._confidences = SpanConfidences()

    def add(self, gold: Sequence[TokenSpan | Span], predicted: Sequence[TokenSpan | Span]) -> None:
        """Count one sentence's spans by tokens, or one document's by characters."""
        for part in (self._scorer, self._confusion, self._confidences):
            part.add(gold, predicted)

    def result(self) -> LayerEvaluation:
        """Everything that can be said of what was added."""
        return LayerEvaluation(
            self.layer,
            self._scorer.result(),
            self._confusion.result(),
            self._confidences.calibration(),
            self._confidences.at_thresholds(),
        )


class TagEvaluation:
    """Collects a tag layer's gold and predicted tags."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._scorer = TagScorer()
        self._confusion = ConfusionMatrix()
        self._confidences: list[float] = []
        self._correct: list[bool] = []

    def add(self, gold: Sequence[str], predicted: Sequence[Token]) -> None:
        """Count one sentence: its gold tags and its annotated tokens."""
        tags = [token.tags[self.layer] for token in predicted]
        self._scorer.add(gold, tags)
        self._confusion.add(gold, tags)
        self._confidences += [min(token.confidences[self.layer], 1.0) for token in predicted]
        self._correct += [right == guess for right, guess in zip(gold, tags, strict=True)]

    def result(self) -> LayerEvaluation:
        """Everything that can be said of what was added."""
        calibration = expected_calibration_error(self._confidences, self._correct)
        return LayerEvaluation(self.layer, self._scorer.result(), self._confusion.result(), calibration)


def evaluate_tagger(tagger: Tagger, gold: Sequence[Sentence]) -> dict[str, LayerEvaluation]:
    """Annotate the words of the gold sentences and compare, in every layer in which any of them is annotated."""
    predicted = [unannotated(sentence) for sentence in gold]
    lengths = [len(sentence.tokens) for sentence in gold]
    order = sorted(range(len(gold)), key=lengths.__getitem__)
    for batch in pack(order, lengths, words=EVALUATION_WORDS):
        tagger.annotate([predicted[index] for index in batch])
    codings = {name: layer.coding for name, layer in tagger.layers.items()}
    spans = [name for name, coding in codings.items() if isinstance(coding, SpanCoding)]
    return compare(gold, predicted, spans=spans, tags=codings.keys() - set(spans))


def compare(
    gold: Sequence[Sentence], predicted: Sequence[Sentence], *, spans: Iterable[str], tags: Iterable[str]
) -> dict[str, LayerEvaluation]:
    """Compare sentences over the same words in the named layers, skipping what the gold side does not annotate."""
    pairs = list(zip(gold, predicted, strict=True))
    results: dict[str, LayerEvaluation] = {}
    for layer in spans:
        span_evaluation = SpanEvaluation(layer)
        annotated = [(right, guess) for right, guess in pairs if layer in right.spans]
        for right, guess in annotated:
            span_evaluation.add(right.spans[layer], guess.spans[layer])
        if annotated:
            results[layer] = span_evaluation.result()
    for layer in tags:
        tag_evaluation = TagEvaluation(layer)
        tagged = [(tags_, guess) for right, guess in pairs if (tags_ := right.tags(layer)) is not None]
        for right_tags, guess in tagged:
            tag_evaluation.add(right_tags, guess.tokens)
        if tagged:
            results[layer] = tag_evaluation.result()
    return results


def unannotated(sentence: Sentence) -> Sentence:
    """The same tokens, bare."""
    return Sentence([Token(token.text, token.start, token.end) for token in sentence.tokens], where=sentence.where)
