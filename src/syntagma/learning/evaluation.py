"""A tagger's predictions against gold annotation, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from time import monotonic

from syntagma.learning.batches import by_length
from syntagma.learning.metrics import (
    GraphEvaluation,
    GraphEvaluator,
    LayerEvaluation,
    SpanEvaluation,
    SpanEvaluator,
    TagEvaluation,
    TagEvaluator,
    TreeEvaluation,
    TreeEvaluator,
)
from syntagma.learning.report import DataSetScores
from syntagma.models import Tagger
from syntagma.text.document import Sentence, Token

EVALUATION_WORDS = 8000


def evaluate_tagger(tagger: Tagger, gold: Sequence[Sentence], *, name: str) -> DataSetScores:
    """Annotate the words of the gold sentences and compare, in every layer in which any of them is annotated."""
    predicted = [unannotated(sentence) for sentence in gold]
    lengths = [len(sentence.tokens) for sentence in gold]
    started = monotonic()
    for batch in by_length(lengths, words=EVALUATION_WORDS):
        tagger.annotate([predicted[index] for index in batch])
    seconds = monotonic() - started
    return DataSetScores(name, len(gold), sum(lengths), list(compare(tagger, gold, predicted)), seconds)


def headline(evaluation: LayerEvaluation) -> float:
    """The one number of a layer: micro F1 of spans, accuracy of tags, LAS of trees, labelled F1 of graphs; 0..1."""
    match evaluation:
        case SpanEvaluation():
            return evaluation.scores.micro.f1
        case TagEvaluation():
            return evaluation.scores.accuracy
        case TreeEvaluation():
            return evaluation.scores.las
        case GraphEvaluation():
            return evaluation.scores.labelled.f1


def overall(data_set: DataSetScores, layer: str | None = None) -> float:
    """The one number of a data set: the mean over its layers, or that of one layer; 0..1."""
    by_layer = {result.layer: headline(result) for result in data_set.layers}
    return by_layer[layer] if layer else fmean(by_layer.values())


def unannotated(sentence: Sentence) -> Sentence:
    """The same tokens, bare."""
    tokens = [Token(token.text, token.start, token.end) for token in sentence.tokens]
    return Sentence(tokens, where=sentence.where, place=sentence.place)


def compare(tagger: Tagger, gold: Sequence[Sentence], predicted: Sequence[Sentence]) -> Iterator[LayerEvaluation]:
    """What was measured of each of the tagger's layers in which any gold sentence is annotated, over the same words."""
    for name, layer in tagger.layers.items():
        match layer.kind:
            case "spans":
                yield from _compare_spans(name, layer.labels, gold, predicted)
            case "tags":
                yield from _compare_tags(name, layer.labels, gold, predicted)
            case "tree":
                yield from _compare_trees(name, layer.labels, gold, predicted)
            case "graph":
                yield from _compare_graphs(name, layer.labels, gold, predicted)


def _compare_spans(
    layer: str, types: Sequence[str], gold: Sequence[Sentence], predicted: Sequence[Sentence]
) -> Iterator[SpanEvaluation]:
    """What was measured of a span layer, if any gold sentence is annotated in it."""
    evaluator = SpanEvaluator(layer, types)
    pairs = [(right, guess) for right, guess in zip(gold, predicted, strict=True) if layer in right.spans]
    for right, guess in pairs:
        evaluator.add(right.spans[layer], guess.spans[layer])
    if pairs:
        yield evaluator.result()


def _compare_tags(
    layer: str, labels: Sequence[str], gold: Sequence[Sentence], predicted: Sequence[Sentence]
) -> Iterator[TagEvaluation]:
    """What was measured of a tag layer, if any gold sentence is annotated in it."""
    evaluator = TagEvaluator(layer, labels)
    tagged = [(tags, guess) for right, guess in zip(gold, predicted, strict=True) if (tags := right.tags(layer))]
    for tags, guess in tagged:
        evaluator.add(tags, [token.tags[layer] for token in guess.tokens], guess.confidences.get(layer, ()))
    if tagged:
        yield evaluator.result()


def _compare_trees(
    layer: str, relations: Sequence[str], gold: Sequence[Sentence], predicted: Sequence[Sentence]
) -> Iterator[TreeEvaluation]:
    """What was measured of a layer of trees, if any gold sentence is annotated in it."""
    evaluator = TreeEvaluator(layer, relations)
    pairs = [(right, guess) for right, guess in zip(gold, predicted, strict=True) if layer in right.trees]
    for right, guess in pairs:
        evaluator.add(right.trees[layer], guess.trees[layer])
    if pairs:
        yield evaluator.result()


def _compare_graphs(
    layer: str, relations: Sequence[str], gold: Sequence[Sentence], predicted: Sequence[Sentence]
) -> Iterator[GraphEvaluation]:
    """What was measured of a layer of graphs, if any gold sentence is annotated in it."""
    evaluator = GraphEvaluator(layer, relations)
    pairs = [(right, guess) for right, guess in zip(gold, predicted, strict=True) if layer in right.graphs]
    for right, guess in pairs:
        evaluator.add(right.graphs[layer], guess.graphs[layer])
    if pairs:
        yield evaluator.result()
