"""evaluate(): on gold words and on raw text, and when there is nothing to compare."""

from __future__ import annotations

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.errors import DataError
from syntagma.learning.metrics import SpanEvaluation, TagEvaluation, TreeEvaluation
from syntagma.models import Tagger, TreeLayer
from syntagma.pipeline import Pipeline
from syntagma.pipeline.evaluation import evaluate
from syntagma.scorers import BiaffineHeads
from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan


def gold() -> Document:
    tokens = [
        Token("Ann", 0, 3, {"upos": "PROPN"}),
        Token("met", 4, 7, {"upos": "NOUN"}),
        Token("Bob", 8, 11, {"upos": "PROPN"}),
    ]
    return Document("Ann met Bob", [Sentence(tokens, {"ner": [TokenSpan(0, 1, "PER"), TokenSpan(2, 3, "ORG")]})])


def test_on_gold_words(pipeline: Pipeline) -> None:
    report = evaluate(pipeline, [gold()], name="mine")
    tags, spans = report.data_sets[0].layers
    assert isinstance(tags, TagEvaluation)
    assert isinstance(spans, SpanEvaluation)
    assert tags.scores.accuracy == pytest.approx(2 / 3)
    assert spans.scores.micro.f1 == 0.5
    assert tags.calibration is not None
    assert spans.calibration is not None
    assert report.data_sets[0].tokens == 3


def test_on_raw_text_spans_are_compared_by_characters(pipeline: Pipeline) -> None:
    report = evaluate(pipeline, [gold()], name="mine", raw_text=True)
    (spans,) = report.data_sets[0].layers
    assert isinstance(spans, SpanEvaluation)
    assert spans.scores.micro.f1 == 0.5


def test_rejected_spans_do_not_count(pipeline: Pipeline) -> None:
    report = evaluate(pipeline, [gold()], name="mine", min_confidence=1.1)
    spans = report.data_sets[0].layers[1]
    assert isinstance(spans, SpanEvaluation)
    assert spans.scores.micro.predicted == 0


def test_gold_documents_are_not_touched(pipeline: Pipeline) -> None:
    document = gold()
    evaluate(pipeline, [document], name="mine")
    assert document == gold()


def test_nothing_to_compare(pipeline: Pipeline) -> None:
    bare = Document("Ann", [Sentence([Token("Ann", 0, 3)])])
    with pytest.raises(DataError, match="mine: nothing is annotated in a layer of the model"):
        evaluate(pipeline, [bare], name="mine")


def test_labels_that_have_nothing_in_common(pipeline: Pipeline) -> None:
    other = Document("Ann", [Sentence([Token("Ann", 0, 3)], {"ner": [TokenSpan(0, 1, "person")]})])
    with pytest.raises(
        DataError, match=r"mine: of layer 'ner' the file has person, and the model LOC, ORG, PER.*--types"
    ):
        evaluate(pipeline, [other], name="mine")


@pytest.fixture
def parser(pipeline: Pipeline) -> Pipeline:
    torch.manual_seed(1)
    layer = TreeLayer("dependencies", ["dep", "root"], BiaffineHeads(8, 2))
    tagger = Tagger(Hashed(width=8, rows=50), {layer.name: layer}).eval()
    return Pipeline(pipeline.recipe, tagger, origin="here")


def parsed(*relations: str) -> Document:
    document = gold()
    document.sentences[0].trees["dependencies"] = [Arc(number, name) for number, name in enumerate(relations)]
    return document


def test_trees_are_compared_on_gold_words(parser: Pipeline) -> None:
    (trees,) = evaluate(parser, [parsed("root", "dep", "dep")], name="mine").data_sets[0].layers
    assert isinstance(trees, TreeEvaluation)
    assert (trees.scores.words, trees.scores.trees) == (3, 1)
    assert trees.calibration is not None
    with pytest.raises(DataError, match="nothing is annotated in a layer of the model"):
        evaluate(parser, [parsed("root", "dep", "dep")], name="mine", raw_text=True)


def test_relations_that_have_nothing_in_common(parser: Pipeline) -> None:
    with pytest.raises(DataError, match="of layer 'dependencies' the file has ROOT, nsubj, obj, and the model dep, ro"):
        evaluate(parser, [parsed("ROOT", "nsubj", "obj")], name="mine")
