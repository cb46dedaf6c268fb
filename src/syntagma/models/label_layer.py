"""A layer of labels, one a word: tags, or spans written by a label scheme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.encoders.encoder import WordVectors
from syntagma.models.coding import Coding, SpanCoding
from syntagma.models.inference import ExactChain, Inference, LabelDistribution, Masks
from syntagma.models.layer import Layer
from syntagma.models.span_posteriors import span_posteriors
from syntagma.scorers import Scorer
from syntagma.structures import Structure
from syntagma.structures.chain import LinearChain
from syntagma.structures.independent import IndependentLabels
from syntagma.text.document import Sentence


class LabelLayer(Layer):
    """Scores, constraints and distribution of one layer of labels; `inference` makes the distribution of the scores."""

    start_mask: Tensor
    pair_mask: Tensor
    end_mask: Tensor

    def __init__(
        self,
        coding: Coding,
        scorer: Scorer,
        *,
        inference: Inference | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(coding.layer, coding.types if isinstance(coding, SpanCoding) else coding.labels, weight=weight)
        self.kind = "spans" if isinstance(coding, SpanCoding) else "tags"
        self.coding = coding
        self.scorer = scorer
        self.inference = inference or ExactChain()
        allowed = coding.transitions()
        masks = {"start_mask": allowed.start, "pair_mask": allowed.pairs, "end_mask": allowed.end}
        for name, mask in masks.items():  # rebuilt from the scheme, so never saved
            self.register_buffer(name, torch.from_numpy(~mask), persistent=False)

    def distribution(self, words: WordVectors) -> LabelDistribution:
        """The distribution over label sequences of each sentence.

        What the scheme forbids has probability 0 under the linear chain; under the others that is so of what may not
        begin or end a sentence.
        """
        scores = self.scorer(words.vectors, words.lengths)
        masks = Masks(self.start_mask, self.pair_mask, self.end_mask)
        return self.inference(scores, masks, words.lengths, self.temperature)

    def encode(self, sentence: Sentence) -> Tensor | None:
        """Label ids `[words]`; None where the sentence is not annotated. Raises LabelError for an unknown label."""
        ids = self.coding.encode(sentence)
        return None if ids is None else torch.tensor(ids)

    def write(self, found: Structure[Any], sentences: Sequence[Sentence]) -> None:
        """Write the most probable labels, each with its exact posterior.

        A tag's confidence is the probability of that tag at that word; a span's is the probability of the whole span
        with its label and its exact borders, summed over everything the rest of the sentence might be.
        """
        assert isinstance(found, LinearChain | IndependentLabels)
        best = found.argmax().labels
        if isinstance(self.coding, SpanCoding):
            self._write_spans(self.coding, found, best, sentences)
        else:
            self._write_tags(found, best, sentences)

    def _write_spans(
        self, coding: SpanCoding, found: LabelDistribution, best: Tensor, sentences: Sequence[Sentence]
    ) -> None:
        spans = [
            coding.decode(ids[: len(sentence.tokens)]) for ids, sentence in zip(best.tolist(), sentences, strict=True)
        ]
        sure = span_posteriors(found, coding, spans, keeps_pairs=self.inference.keeps_pairs)
        for sentence, these in zip(sentences, sure, strict=True):
            sentence.spans[self.name] = these

    def _write_tags(self, found: LabelDistribution, best: Tensor, sentences: Sequence[Sentence]) -> None:
        posteriors = found.label_marginals().gather(2, best.clamp(min=0).unsqueeze(2)).squeeze(2)
        for sentence, ids, values in zip(sentences, best.tolist(), posteriors.tolist(), strict=True):
            for token, index in zip(sentence.tokens, ids, strict=False):  # rows are padded
                token.tags[self.name] = self.labels[index]
            sentence.confidences[self.name] = values[: len(sentence.tokens)]
