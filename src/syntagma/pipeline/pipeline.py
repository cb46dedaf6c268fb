"""A loaded model that annotates documents: one call for one text, one stream for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from syntagma.learning.batches import by_length
from syntagma.models import Tagger
from syntagma.recipes.recipe import Recipe
from syntagma.text.document import Document, Sentence, Token
from syntagma.text.segmentation import segment

BATCH_WORDS = 8000
WINDOW_BATCHES = 4
"""Batches' worth of words that are read ahead, so that sentences of one length can go together."""


class Pipeline:
    """Turns text into annotated documents. `origin` says where the model was loaded from."""

    def __init__(self, recipe: Recipe, tagger: Tagger, *, origin: str) -> None:
        self.recipe = recipe
        self.tagger = tagger
        self.origin = origin

    @property
    def labels(self) -> dict[str, list[str]]:
        """The tags of each tag layer, the types of each span layer, the relations of each layer of trees or graphs."""
        return {name: list(layer.labels) for name, layer in self.tagger.layers.items()}

    def __call__(self, text: str) -> Document:
        """Annotate one text."""
        return self.annotate(text)

    def annotate(self, text: str, *, min_confidence: float = 0.0) -> Document:
        """Annotate one text; spans with a confidence below `min_confidence` are left out."""
        return next(self.pipe([text], min_confidence=min_confidence))

    def annotate_words(self, sentences: Iterable[Sequence[str]], *, min_confidence: float = 0.0) -> Iterator[Document]:
        """Annotate sentences that are words already: a document each, whose text is the words joined by blanks."""
        return self.pipe((_document_of(words) for words in sentences), min_confidence=min_confidence)

    def pipe(
        self, texts: Iterable[str | Document], *, batch_words: int = BATCH_WORDS, min_confidence: float = 0.0
    ) -> Iterator[Document]:
        """Annotate many texts, or documents, lazily and in order.

        A document that has sentences keeps them, and gains the model's layers; one that has only a text is segmented.
        Memory holds some batches of about `batch_words` words each, or the longest single document.
        """
        documents = (segment(text) if isinstance(text, str) else _segmented(text) for text in texts)
        for window in _windows(documents, batch_words * WINDOW_BATCHES):
            for document in window:
                document.place_sentences()
            self._annotate([sentence for document in window for sentence in document.sentences], batch_words)
            if min_confidence > 0:
                for document in window:
                    self._reject(document, min_confidence)
            yield from window

    def info(self) -> dict[str, Any]:
        """What there is to know of the model: name, origin, labels, size, recipe."""
        parameters = sum(parameter.numel() for parameter in self.tagger.parameters())
        return {
            "name": self.recipe.name,
            "description": self.recipe.description,
            "language": self.recipe.language,
            "licence": self.recipe.licence,
            "origin": self.origin,
            "labels": self.labels,
            "parameters": parameters,
            "recipe": self.recipe.model_dump(mode="json", exclude_none=True),
        }

    def _annotate(self, sentences: Sequence[Sentence], batch_words: int) -> None:
        lengths = [len(sentence.tokens) for sentence in sentences]
        for batch in by_length(lengths, words=batch_words):
            self.tagger.annotate([sentences[index] for index in batch])

    def _reject(self, document: Document, min_confidence: float) -> None:
        for sentence in document.sentences:
            for layer in self.tagger.layers.keys() & sentence.spans.keys():
                sentence.spans[layer] = [
                    span for span in sentence.spans[layer] if (span.confidence or 0.0) >= min_confidence
                ]


def _windows(documents: Iterator[Document], words: int) -> Iterator[list[Document]]:
    """Runs of consecutive documents of at least so many words."""
    for first in documents:
        window, count = [first], _word_count(first)
        while count < words and (more := next(documents, None)) is not None:
            window.append(more)
            count += _word_count(more)
        yield window


def _word_count(document: Document) -> int:
    return sum(len(sentence.tokens) for sentence in document.sentences)


def _segmented(document: Document) -> Document:
    if document.sentences:
        return document
    return segment(document.text, source=document.source, offset=document.offset)


def _document_of(words: Sequence[str]) -> Document:
    tokens, start = [], 0
    for word in words:
        tokens.append(Token(word, start, start + len(word)))
        start += len(word) + 1
    return Document(" ".join(words), [Sentence(tokens)] if tokens else [])
