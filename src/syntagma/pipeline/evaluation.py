"""evaluate(): a loaded model against annotated documents, on their words or on their raw text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from syntagma.errors import DataError
from syntagma.learning.evaluation import compare, unannotated
from syntagma.learning.metrics import LayerEvaluation, SpanEvaluation, SpanEvaluator
from syntagma.learning.report import DataSetScores, Report
from syntagma.pipeline.pipeline import Pipeline
from syntagma.text.document import Document, Sentence


def evaluate(
    pipeline: Pipeline, documents: Iterable[Document], *, name: str, raw_text: bool = False, min_confidence: float = 0.0
) -> Report:
    """Score a model on documents that are annotated in any of its layers.

    On gold words, spans are compared by words. With `raw_text` the model reads the documents' text, divides it into
    words itself, and spans are compared by characters; other layers are left out then.

    Raises:
        DataError: no document is annotated in a layer that the model knows, or none of a layer's labels is one of
            the model's.
    """
    gold = [document for document in documents if document.sentences]
    _check_labels(pipeline, gold, name)
    bare = (_bare(document, keep_words=not raw_text) for document in gold)
    started = monotonic()
    predicted = list(pipeline.pipe(bare, min_confidence=min_confidence))
    seconds = monotonic() - started
    layers = list(_by_characters(pipeline, gold, predicted) if raw_text else _by_words(pipeline, gold, predicted))
    if not layers:
        raise DataError(
            f"nothing is annotated in a layer of the model ({', '.join(pipeline.labels)})",
            where=name,
            fix="Check the format and its columns",
        )
    words = sum(len(sentence.tokens) for document in gold for sentence in document.sentences)
    data_set = DataSetScores(name, sum(len(document.sentences) for document in gold), words, layers, seconds)
    facts = {"model": pipeline.origin, "compared": "characters of raw text" if raw_text else "gold words"}
    return Report(pipeline.recipe.name, [], [data_set], facts)


def _check_labels(pipeline: Pipeline, gold: Sequence[Document], name: str) -> None:
    sentences = [sentence for document in gold for sentence in document.sentences]
    for layer, known in pipeline.labels.items():
        found = {label for sentence in sentences for label in _labels(sentence, layer)}
        if found and found.isdisjoint(known):
            raise DataError(
                f"of layer '{layer}' the file has {', '.join(sorted(found))}, and the model {', '.join(known)}",
                where=name,
                fix="Rename the file's labels to the model's (--types OLD=NEW), or check its columns",
            )


def _labels(sentence: Sentence, layer: str) -> Iterator[str]:
    yield from (span.label for span in sentence.spans.get(layer, ()))
    yield from (token.tags[layer] for token in sentence.tokens if layer in token.tags)
    yield from (arc.relation for arc in sentence.trees.get(layer, ()))
    yield from (arc.relation for arcs in sentence.graphs.get(layer, ()) for arc in arcs)


def _bare(document: Document, *, keep_words: bool) -> Document:
    sentences = [unannotated(sentence) for sentence in document.sentences] if keep_words else []
    return Document(document.text, sentences, document.source, document.offset)


def _by_words(pipeline: Pipeline, gold: Sequence[Document], predicted: Sequence[Document]) -> Iterator[LayerEvaluation]:
    right, guess = (
        [sentence for document in documents for sentence in document.sentences] for documents in (gold, predicted)
    )
    return compare(pipeline.tagger, right, guess)


def _by_characters(
    pipeline: Pipeline, gold: Sequence[Document], predicted: Sequence[Document]
) -> Iterator[SpanEvaluation]:
    for name, layer in pipeline.tagger.layers.items():
        pairs = [
            (right, guess)
            for right, guess in zip(gold, predicted, strict=True)
            if all(name in sentence.spans for sentence in right.sentences)
        ]
        if layer.kind == "spans" and pairs:
            evaluator = SpanEvaluator(name, layer.labels)
            for right, guess in pairs:
                evaluator.add(right.spans(name), guess.spans(name))
            yield evaluator.result()
