"""A report with everything in it, made by the real evaluators on invented predictions."""

from __future__ import annotations

import random

import pytest

from syntagma.learning.history import Epoch
from syntagma.learning.metrics import SpanEvaluator, TagEvaluator
from syntagma.learning.report import DataSetScores, Report
from syntagma.text.document import TokenSpan

TYPES = ["PER", "LOC", "ORG"]
TAGS = ["NOUN", "VERB", "ADJ", "ADV", "PROPN", "DET", "ADP", "PUNCT"]


@pytest.fixture
def full_report() -> Report:
    chance = random.Random(3)
    upos, ner = TagEvaluator("upos", TAGS), SpanEvaluator("ner", TYPES)
    for _ in range(400):
        gold = [chance.choice(TAGS) for _ in range(8)]
        upos.add(gold, [tag if chance.random() < 0.9 else chance.choice(TAGS) for tag in gold])
        ner.add(*_spans(chance))
    epochs = [
        Epoch(n, 1.4 / n, 0.001 / n, 12.0 + n / 7, 900, 0.9 - 0.4 / n, {"ner": 0.85 - 0.5 / n, "upos": 0.95 - 0.3 / n})
        for n in range(1, 13)
    ]
    data = DataSetScores("test & <more>", 400, 3200, [upos.result(), ner.result()], seconds=0.5)
    return Report("en-small", epochs, [data], {"seed": 1, "weights": "1,234,567", "learning rate": 0.001})


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
