"""A report with everything in it, made by the real evaluators on invented predictions."""

from __future__ import annotations

import random

import pytest

from syntagma.learning.history import Epoch
from syntagma.learning.metrics import GraphEvaluator, SpanEvaluator, TagEvaluator, TreeEvaluator
from syntagma.learning.report import DataSetScores, Report
from syntagma.text.document import Arc, TokenSpan

TYPES = ["PER", "LOC", "ORG"]
TAGS = ["NOUN", "VERB", "ADJ", "ADV", "PROPN", "DET", "ADP", "PUNCT"]
RELATIONS = ["nsubj", "obj", "obl", "nmod", "nmod:poss", "det", "amod", "punct"]


@pytest.fixture
def full_report() -> Report:
    chance = random.Random(3)
    upos, ner = TagEvaluator("upos", TAGS), SpanEvaluator("ner", TYPES)
    trees, graphs = TreeEvaluator("dependencies", RELATIONS), GraphEvaluator("enhanced", RELATIONS)
    for _ in range(400):
        gold = [chance.choice(TAGS) for _ in range(8)]
        upos.add(gold, [tag if chance.random() < 0.9 else chance.choice(TAGS) for tag in gold])
        ner.add(*_spans(chance))
        tree = [Arc(chance.randrange(word), chance.choice(RELATIONS)) for word in range(1, 9)]
        guess = [_guess(chance, arc) for arc in tree]
        trees.add(tree, guess)
        graphs.add([[arc] for arc in tree], [[arc] if chance.random() < 0.9 else [] for arc in guess])
    epochs = [
        Epoch(n, 1.4 / n, 0.001 / n, 12.0 + n / 7, 900, 0.9 - 0.4 / n, {"ner": 0.85 - 0.5 / n, "upos": 0.95 - 0.3 / n})
        for n in range(1, 13)
    ]
    data = DataSetScores(
        "test & <more>", 400, 3200, [each.result() for each in (upos, ner, trees, graphs)], seconds=0.5
    )
    return Report("en-small", epochs, [data], {"seed": 1, "weights": "1,234,567", "learning rate": 0.001})


def _guess(chance: random.Random, arc: Arc) -> Arc:
    confidence = chance.random() ** 0.3
    if chance.random() < confidence:
        return Arc(arc.head, arc.relation, confidence)
    return Arc(max(arc.head - 1, 0), chance.choice(RELATIONS), confidence)


def _spans(chance: random.Random) -> tuple[list[TokenSpan], list[TokenSpan]]:
    gold, predicted = [], []
    for first in range(0, 8, 2):
        label, confidence = chance.choice(TYPES), chance.random() ** 0.3
        if chance.random() < 0.6:
            gold.append(TokenSpan(first, first + 1, label))
        if chance.random() < 0.6:
            guess = label if gold and gold[-1].first == first and chance.random() < confidence else chance.choice(TYPES)
            predicted.append(TokenSpan(first, first + 1, guess, confidence))
    return gold, predicted
