"""Temperature scaling: finds the temperature that made the data, changes confidences, never the best labels."""

from __future__ import annotations

import math

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.learning.temperature import calibrate, minimum
from syntagma.models import LabelLayer, SpanCoding, TagCoding, Tagger
from syntagma.scorers import Vanilla
from syntagma.text.document import Sentence, Token, TokenSpan
from syntagma.text.label_schemes import LabelScheme


def tagger() -> Tagger:
    torch.manual_seed(5)
    codings = [TagCoding("upos", ["A", "B", "C"]), SpanCoding("ner", ["PER"], LabelScheme.BIOES)]
    layers = {coding.layer: LabelLayer(coding, Vanilla(8, len(coding.labels))) for coding in codings}
    made = Tagger(Hashed(width=8, rows=200), layers)
    for layer in made.layers.values():
        torch.nn.init.normal_(layer.scorer.transitions)
    return made.eval()


def sampled(model: Tagger, temperature: float, count: int = 600) -> list[Sentence]:
    """Sentences whose tags are drawn from the model itself at a temperature."""
    sentences = [Sentence([Token(f"w{n}x{i}", i, i + 1) for i in range(3)]) for n in range(count)]
    layer = model.layers["upos"]
    with torch.no_grad():
        layer.temperature.fill_(temperature)
        labels = model.distributions(sentences)["upos"].sample(1, torch.Generator().manual_seed(1))[:, 0].tolist()
        layer.temperature.fill_(1.0)
    for sentence, ids in zip(sentences, labels, strict=True):
        for token, index in zip(sentence.tokens, ids, strict=True):
            token.tags["upos"] = layer.coding.labels[index]
    return sentences


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_it_finds_the_temperature_that_made_the_data(truth: float) -> None:
    model = tagger()
    temperatures = calibrate(model, sampled(model, truth))
    assert temperatures["upos"] == pytest.approx(truth, rel=0.15)
    assert temperatures["ner"] == 1.0  # nothing in the dev data speaks of it


def test_the_best_labels_stay() -> None:
    model = tagger()
    dev = sampled(model, 4.0, 100)
    before = model.distributions(dev)["upos"].argmax().labels
    calibrate(model, dev)
    after = model.distributions(dev)["upos"]
    assert after.argmax().labels.equal(before)


def test_labels_that_the_model_does_not_know_are_passed_over() -> None:
    model = tagger()
    strange = Sentence([Token("x", 0, 1, {"upos": "Z"})], {"ner": [TokenSpan(0, 1, "DOG")]})
    assert calibrate(model, [strange]) == {"upos": 1.0, "ner": 1.0}


def test_minimum() -> None:
    assert minimum(lambda x: (x - 0.3) ** 2, -2.0, 2.0) == pytest.approx(0.3, abs=1e-3)
    assert minimum(math.exp, -2.0, 2.0) == pytest.approx(-2.0, abs=1e-3)
