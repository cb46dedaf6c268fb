"""A tagger beside gold annotation: every kind of layer, and only where it is annotated."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.learning.evaluation import compare, evaluate_tagger, headline, unannotated
from syntagma.models import GraphLayer, LabelLayer, SpanCoding, TagCoding, Tagger, TreeLayer
from syntagma.scorers import BiaffineHeads, Vanilla
from syntagma.text.document import Arc, Sentence, Token, TokenSpan
from syntagma.text.label_schemes import LabelScheme

RELATIONS = ["nsubj", "obj", "root"]
KINDS = {"upos": "tags", "ner": "spans", "dependencies": "tree", "enhanced": "graph"}


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    torch.manual_seed(5)
    codings = [TagCoding("upos", ["PROPN", "VERB"]), SpanCoding("ner", ["LOC", "PER"], LabelScheme.BIOES)]
    layers = [
        *(LabelLayer(coding, Vanilla(8, len(coding.labels))) for coding in codings),
        TreeLayer("dependencies", RELATIONS, BiaffineHeads(8, len(RELATIONS))),
        GraphLayer("enhanced", RELATIONS, BiaffineHeads(8, len(RELATIONS))),
    ]
    return Tagger(Hashed(width=8, rows=50), {layer.name: layer for layer in layers}).eval()


@pytest.fixture
def gold() -> list[Sentence]:
    """A sentence with everything, and one whose words are all that is known."""
    tags = ("PROPN", "VERB", "PROPN")
    tokens = [Token(word, 4 * n, 4 * n + 3, {"upos": tags[n]}) for n, word in enumerate(("Ann", "met", "Bob"))]
    tree = [Arc(2, "nsubj"), Arc(0, "root"), Arc(2, "obj")]
    full = Sentence(
        tokens, {"ner": [TokenSpan(0, 1, "PER")]}, {"dependencies": tree}, {"enhanced": [[a] for a in tree]}
    )
    return [full, Sentence([Token("Hello", 0, 5), Token("you", 6, 9)])]


def test_every_kind_of_layer_is_measured(tagger: Tagger, gold: list[Sentence]) -> None:
    scores = evaluate_tagger(tagger, gold, name="mine")
    assert {layer.layer: layer.kind for layer in scores.layers} == KINDS
    assert all(layer.calibration is not None for layer in scores.layers)
    assert (scores.sentences, scores.tokens) == (2, 5)


def test_what_is_right_scores_one(tagger: Tagger, gold: list[Sentence]) -> None:
    found = list(compare(tagger, gold, deepcopy(gold)))
    assert [headline(layer) for layer in found] == [1.0, 1.0, 1.0, 1.0]


def test_the_headlines_are_the_official_figures(tagger: Tagger, gold: list[Sentence]) -> None:
    guess = deepcopy(gold)
    guess[0].trees["dependencies"][0] = Arc(2, "nsubj:pass")
    guess[0].trees["dependencies"][2] = Arc(1, "obj")
    guess[0].graphs["enhanced"][0] = [Arc(2, "nsubj:pass")]
    by_layer = {layer.layer: headline(layer) for layer in compare(tagger, gold, guess)}
    assert by_layer["dependencies"] == by_layer["enhanced"] == 2 / 3


def test_layers_that_are_not_annotated_are_left_out(tagger: Tagger, gold: list[Sentence]) -> None:
    assert evaluate_tagger(tagger, gold[1:], name="mine").layers == []


def test_tokens_lose_all_annotation(gold: list[Sentence]) -> None:
    bare = unannotated(gold[0])
    assert bare == Sentence([Token("Ann", 0, 3), Token("met", 4, 7), Token("Bob", 8, 11)])
