"""Temperature scaling: one number a layer, fitted on dev data, that turns overconfident scores into probabilities.

Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2, for structures: all scores of the
distribution are divided by the temperature under which the gold outputs of the dev data are most probable. What is
most probable stays so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch

from syntagma.encoders import Encoder
from syntagma.errors import LabelError
from syntagma.learning.batches import by_length
from syntagma.models import Layer, Tagger
from syntagma.text.document import Sentence
from syntagma.text.view import view_of

BATCH_WORDS = 8000
LOWEST, HIGHEST = 0.25, 8.0
STEPS = 20
GOLDEN = (math.sqrt(5) - 1) / 2


@torch.inference_mode()
def calibrate(tagger: Tagger, dev: Sequence[Sentence]) -> dict[str, float]:
    """Give every layer that the dev data annotates its temperature; returns them by layer."""
    tagger.eval()
    for layer in tagger.layers.values():
        known = [sentence for sentence in dev if _is_known(layer, sentence)]
        if known:
            layer.temperature.fill_(_best_temperature(tagger.encoder, layer, known))
    return {name: layer.temperature.item() for name, layer in tagger.layers.items()}


def _is_known(layer: Layer, sentence: Sentence) -> bool:
    """Whether the sentence is annotated in this layer, with labels that the model has seen in training."""
    try:
        return layer.encode(sentence) is not None
    except LabelError:
        return False


def _best_temperature(encoder: Encoder, layer: Layer, sentences: Sequence[Sentence]) -> float:
    """The temperature of least loss: the loss is convex in its inverse, so there is one minimum."""
    lengths = [len(sentence.tokens) for sentence in sentences]
    batches = [[sentences[index] for index in batch] for batch in by_length(lengths, words=BATCH_WORDS)]
    encoded = [(encoder([view_of(sentence) for sentence in batch]), batch) for batch in batches]

    def loss(log_temperature: float) -> float:
        layer.temperature.fill_(math.exp(log_temperature))
        return sum(found.item() for words, batch in encoded if (found := layer.loss(words, batch)) is not None)

    return math.exp(minimum(loss, math.log(LOWEST), math.log(HIGHEST)))


def minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one minimum between `low` and `high` has it, by golden-section search."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2
