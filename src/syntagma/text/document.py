"""Documents, sentences, tokens and spans, every one of them tied to exact characters of the original text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from syntagma.text.place import Place

ENTITIES = "ner"
PARTS_OF_SPEECH = "upos"
DEPENDENCIES = "dependencies"
ENHANCED = "enhanced"
ROOT = 0


@dataclass(slots=True)
class Token:
    """A word, or a mark, at `text[start:end]` of its document; `tags` holds one label per tag layer."""

    text: str
    start: int
    end: int
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def upos(self) -> str | None:
        """The universal part of speech, or None where nothing has said it."""
        return self.tags.get(PARTS_OF_SPEECH)


@dataclass(frozen=True, slots=True)
class Arc:
    """An arc to a token from its head, numbered as in CoNLL-U: 0 is the root, j the sentence's j-th token.

    Confidence is the arc's probability with this relation, or None if unknown.
    """

    head: int
    relation: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """A labelled run of a sentence's tokens: `tokens[first:stop]`. Confidence is a probability, or None if unknown."""

    first: int
    stop: int
    label: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of a document: `document.text[start:end] == text`. Offsets count characters (code points)."""

    start: int
    end: int
    text: str
    label: str
    confidence: float | None = None


@dataclass(slots=True)
class Sentence:
    """A sentence's tokens, its labelled spans, its trees and its graphs.

    A span layer that is absent from `spans` has not been annotated; one that is there and empty was looked at and
    holds nothing. The same goes for `Token.tags`, `trees` and `graphs`. Learning relies on the difference.
    """

    tokens: list[Token]
    spans: dict[str, list[TokenSpan]] = field(default_factory=dict)
    trees: dict[str, list[Arc]] = field(default_factory=dict)
    """One arc a token, by layer: `dependencies` are Universal Dependencies' basic trees."""
    graphs: dict[str, list[list[Arc]]] = field(default_factory=dict)
    """Any number of arcs a token, in order of their heads, by layer: `enhanced` are the enhanced dependencies."""
    confidences: dict[str, list[float]] = field(default_factory=dict)
    """The probability of every token's tag, for the tag layers that a model has annotated."""
    where: str | None = None
    """`file:line` of the sentence's first line, for error messages."""
    place: Place | None = field(default=None, repr=False, compare=False)
    """Where it stands in its document, once `Document.place_sentences` has said so."""

    @property
    def words(self) -> list[str]:
        """The tokens' texts."""
        return [token.text for token in self.tokens]

    @property
    def start(self) -> int:
        """Offset of the first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.tokens[-1].end

    def tags(self, layer: str) -> list[str] | None:
        """One label per token of a tag layer, or None if any token has none."""
        tags = [token.tags.get(layer) for token in self.tokens]
        return None if None in tags else tags  # type: ignore[return-value]

    def has(self, layer: str) -> bool:
        """Whether it is annotated in a layer of any kind."""
        return any(layer in of for of in (self.spans, self.trees, self.graphs)) or bool(self.tags(layer))


@dataclass(slots=True)
class Document:
    """A text and what is known of it. `text` is never changed: every offset counts its characters."""

    text: str
    sentences: list[Sentence] = field(default_factory=list)
    source: str | None = None
    """Where the text came from: a path, `-` for standard input, or None."""
    offset: int = 0
    """Where `text` begins in its source, in characters; not 0 only for a piece of a long file."""

    @property
    def tokens(self) -> list[Token]:
        """The tokens of all sentences, in order."""
        return [token for sentence in self.sentences for token in sentence.tokens]

    @property
    def entities(self) -> list[Span]:
        """The entities, in order: the spans of the layer `ner`."""
        return self.spans(ENTITIES)

    def place_sentences(self) -> None:
        """Tell every sentence which words stand around it."""
        words, first = [token.text for token in self.tokens], 0
        for sentence in self.sentences:
            sentence.place = Place(words, first, len(sentence.tokens))
            first += len(sentence.tokens)

    def spans(self, layer: str) -> list[Span]:
        """The labelled spans of one layer, in order, with character offsets."""
        return list(self._spans(layer))

    def _spans(self, layer: str) -> Iterator[Span]:
        for sentence in self.sentences:
            for span in sentence.spans.get(layer, ()):
                start, end = sentence.tokens[span.first].start, sentence.tokens[span.stop - 1].end
                yield Span(start, end, self.text[start:end], span.label, span.confidence)
