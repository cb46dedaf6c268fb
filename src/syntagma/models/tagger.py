"""The tagger: one encoder, read once, under any number of layers of annotation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import Encoder
from syntagma.encoders.named_modules import named_modules
from syntagma.models.layer import Layer
from syntagma.structures import Structure
from syntagma.text.document import Sentence
from syntagma.text.view import view_of


class Tagger(nn.Module):
    """Encodes the words of a sentence once, then annotates them in every layer: tags, spans, trees, graphs.

    Raises:
        RecipeError: a layer's name is not a plain one.
    """

    layers: Mapping[str, Layer]

    def __init__(self, encoder: Encoder, layers: Mapping[str, Layer]) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = named_modules(layers, "a layer")  # type: ignore[assignment]

    def only(self, names: Collection[str]) -> Tagger:
        """The same model, weights shared, with those of its layers alone that are named, in its own order."""
        return Tagger(self.encoder, {name: layer for name, layer in self.layers.items() if name in names})

    def loss(self, sentences: Sequence[Sentence]) -> Tensor:
        """Negative log-likelihood a word: summed over layers and sentences, divided by the number of words.

        A sentence counts in the layers in which it is annotated. Returns a scalar.
        """
        words = self.encoder([view_of(sentence) for sentence in sentences])
        losses = [loss for layer in self.layers.values() if (loss := layer.loss(words, sentences)) is not None]
        total = torch.stack(losses).sum() if losses else 0.0 * words.vectors.sum()
        return total / words.lengths.sum()

    def distributions(self, sentences: Sequence[Sentence]) -> dict[str, Structure[Any]]:
        """Each layer's distribution over its outputs, one row a sentence."""
        words = self.encoder([view_of(sentence) for sentence in sentences])
        return {name: layer.distribution(words) for name, layer in self.layers.items()}

    @torch.inference_mode()
    def annotate(self, sentences: Sequence[Sentence]) -> None:
        """Write the most probable annotation into the sentences, each with its posterior as confidence."""
        sentences = [sentence for sentence in sentences if sentence.tokens]
        if not sentences:
            return
        for name, found in self.distributions(sentences).items():
            self.layers[name].write(found, sentences)
