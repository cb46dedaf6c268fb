"""The tagger: one encoder, read once, under any number of label layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import Encoder
from syntagma.models.coding import SpanCoding
from syntagma.models.inference import LabelDistribution
from syntagma.models.label_layer import LabelLayer
from syntagma.models.span_posteriors import span_posteriors
from syntagma.text.document import Sentence
from syntagma.text.view import view_of


class Tagger(nn.Module):
    """Encodes the words of a sentence once, then labels them in every layer."""

    layers: Mapping[str, LabelLayer]

    def __init__(self, encoder: Encoder, layers: Mapping[str, LabelLayer]) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = nn.ModuleDict(layers)  # type: ignore[assignment]

    def loss(self, sentences: Sequence[Sentence]) -> Tensor:
        """Negative log-likelihood a word: summed over layers and sentences, divided by the number of words.

        A sentence counts in the layers in which it is annotated. Returns a scalar.
        """
        words = self.encoder([view_of(sentence) for sentence in sentences])
        losses = [layer.loss(words, sentences) for layer in self.layers.values()]
        total = torch.stack([loss for loss in losses if loss is not None]).sum()
        return total / words.lengths.sum()

    def distributions(self, sentences: Sequence[Sentence]) -> dict[str, LabelDistribution]:
        """Each layer's distribution over label sequences, one row a sentence."""
        words = self.encoder([view_of(sentence) for sentence in sentences])
        return {name: layer.distribution(words) for name, layer in self.layers.items()}

    @torch.inference_mode()
    def annotate(self, sentences: Sequence[Sentence]) -> None:
        """Write the most probable labels into the sentences, each with its exact posterior as confidence.

        A tag's confidence is the probability of that tag at that word; a span's is the probability of the whole span
        with its label and its exact borders, summed over everything the rest of the sentence might be.
        """
        sentences = [sentence for sentence in sentences if sentence.tokens]
        if not sentences:
            return
        for name, chain in self.distributions(sentences).items():
            layer = self.layers[name]
            coding = layer.coding
            best = chain.argmax().labels
            if isinstance(coding, SpanCoding):
                found = [
                    coding.decode(ids[: len(sentence.tokens)])
                    for ids, sentence in zip(best.tolist(), sentences, strict=True)
                ]
                sure = span_posteriors(chain, coding, found, keeps_pairs=layer.inference.keeps_pairs)
                for sentence, spans in zip(sentences, sure, strict=True):
                    sentence.spans[name] = spans
            else:
                _write_tags(name, coding.labels, chain, best, sentences)


def _write_tags(
    layer: str, labels: Sequence[str], chain: LabelDistribution, best: Tensor, sentences: Sequence[Sentence]
) -> None:
    posteriors = chain.label_marginals().gather(2, best.clamp(min=0).unsqueeze(2)).squeeze(2)
    for sentence, ids, values in zip(sentences, best.tolist(), posteriors.tolist(), strict=True):
        for token, index in zip(sentence.tokens, ids, strict=False):  # rows are padded
            token.tags[layer] = labels[index]
        sentence.confidences[layer] = values[: len(sentence.tokens)]
