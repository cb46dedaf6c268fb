"""A layer of labelled spans by scores of whole spans (named entity recognition as parsing, arXiv 2005.07150)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.encoders.encoder import WordVectors
from syntagma.errors import LabelError
from syntagma.models.layer import Layer
from syntagma.scorers import BiaffineSpans
from syntagma.structures import Segments, Structure
from syntagma.text.document import Sentence, TokenSpan


class SegmentLayer(Layer):
    """Scores of labelled spans, and the distribution over the ways to lay spans that do not overlap."""

    kind = "spans"

    def __init__(self, name: str, types: Sequence[str], scorer: BiaffineSpans, *, weight: float = 1.0) -> None:
        super().__init__(name, types, weight=weight)
        self.scorer = scorer
        self._ids = {label: index for index, label in enumerate(self.labels)}

    def distribution(self, words: WordVectors) -> Segments:
        """The distribution over flat segmentations of each sentence; a word outside of all spans scores 0."""
        return Segments(self.scorer(words.vectors, words.lengths) / self.temperature, lengths=words.lengths)

    def encode(self, sentence: Sentence) -> Tensor | None:
        """Size and label of the span that begins at each word, or 0 and -1, `[words, 2]`; None where not annotated.

        Raises:
            LabelError: an unknown type, or a span wider than the scorer's spans may be.
        """
        spans = sentence.spans.get(self.name)
        if spans is None:
            return None
        output = torch.tensor([0, -1]).repeat(len(sentence.tokens), 1)
        for span in spans:
            output[span.first] = torch.tensor([self._size(span, sentence), self._id(span, sentence)])
        return output

    def write(self, found: Structure[Any], sentences: Sequence[Sentence]) -> None:
        """Write the best spans; a span's confidence is the probability of exactly this span with this label."""
        assert isinstance(found, Segments)
        best, probabilities = found.argmax(), found.marginals().spans
        for sentence in sentences:
            sentence.spans[self.name] = []
        rows, firsts = (best.sizes > 0).nonzero().T
        sizes, labels = best.sizes[rows, firsts], best.labels[rows, firsts]
        sure = probabilities[rows, firsts, sizes - 1, labels].clamp(max=1.0)
        for row, first, size, label, confidence in zip(
            *(part.tolist() for part in (rows, firsts, sizes, labels, sure)), strict=True
        ):
            sentences[row].spans[self.name].append(TokenSpan(first, first + size, self.labels[label], confidence))

    def _size(self, span: TokenSpan, sentence: Sentence) -> int:
        size, widest = span.stop - span.first, self.scorer.widest
        if widest is not None and size > widest:
            raise LabelError(
                f"a span of {size} words in layer '{self.name}', whose spans have at most {widest}",
                where=sentence.where,
                fix="Give the scorer a greater `widest`, or none",
            )
        return size

    def _id(self, span: TokenSpan, sentence: Sentence) -> int:
        if span.label not in self._ids:
            raise LabelError(
                f"the type {span.label!r} of layer '{self.name}' is not one of the model's ({', '.join(self._ids)})",
                where=sentence.where,
                fix="Map it to one of them, or to nothing, by `types` in the recipe's data source",
            )
        return self._ids[span.label]
