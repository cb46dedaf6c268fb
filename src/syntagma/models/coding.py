"""How a layer's annotation is written as one label per word and read back: tags as they are, spans by a scheme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syntagma.errors import LabelError
from syntagma.text.document import Sentence, TokenSpan
from syntagma.text.label_patterns import SpanPattern
from syntagma.text.label_schemes import LabelScheme
from syntagma.text.label_transitions import Transitions


class Coding(Protocol):
    """The two ways between a sentence's annotation and the label ids of a chain."""

    layer: str
    labels: list[str]

    def transitions(self) -> Transitions:
        """Which labels may begin, follow one another, and end: bool `[labels]`, `[from, to]`, `[labels]`."""
        ...

    def encode(self, sentence: Sentence) -> list[int] | None:
        """Label ids, one a word; None where the layer is not annotated. Raises LabelError for an unknown label."""
        ...


class TagCoding:
    """A tag layer: the labels are the tags themselves."""

    def __init__(self, layer: str, tags: Sequence[str]) -> None:
        self.layer = layer
        self.labels = list(tags)
        self._ids = {label: index for index, label in enumerate(self.labels)}

    def transitions(self) -> Transitions:
        """Every tag may stand anywhere."""
        count = len(self.labels)
        ones: NDArray[np.bool_] = np.ones(count, dtype=np.bool_)
        return Transitions(ones, np.ones((count, count), dtype=np.bool_), ones)

    def encode(self, sentence: Sentence) -> list[int] | None:
        """Label ids, one a word; None where a word has no tag."""
        tags = sentence.tags(self.layer)
        return None if tags is None else _ids_of(tags, self._ids, self.layer, sentence)


class SpanCoding:
    """A span layer: the labels are those of a label scheme over the span types."""

    def __init__(self, layer: str, types: Sequence[str], scheme: LabelScheme) -> None:
        self.layer = layer
        self.types = list(types)
        self.scheme = scheme
        self.labels = scheme.labels(self.types)
        self._ids = {label: index for index, label in enumerate(self.labels)}
        self._allowed: dict[tuple[str, int, bool], list[NDArray[np.bool_]]] = {}

    def transitions(self) -> Transitions:
        """The transitions that the scheme allows."""
        return self.scheme.transitions(self.labels)

    def encode(self, sentence: Sentence) -> list[int] | None:
        """Label ids, one a word; None where the layer is absent."""
        spans = sentence.spans.get(self.layer)
        if spans is None:
            return None
        return _ids_of(self.scheme.encode(spans, len(sentence.tokens)), self._ids, self.layer, sentence)

    def decode(self, ids: Sequence[int]) -> list[TokenSpan]:
        """The spans that a sequence of label ids stands for."""
        if not any(ids):  # the first label of every scheme is O
            return []
        return self.scheme.decode([self.labels[index] for index in ids])

    def allowed(self, span: TokenSpan, *, lenient: bool = False) -> list[NDArray[np.bool_]]:
        """The alternatives that make exactly this span, from the word before it to the word after it.

        Bool `[1 + span length + 1, labels]` each. They exclude one another, so their probabilities add up. They are all
        there are among the sequences that the scheme allows; with `lenient`, among all sequences.
        """
        key = (span.label, span.stop - span.first, lenient)
        if key not in self._allowed:
            patterns = self.scheme.lenient_patterns if lenient else self.scheme.patterns
            self._allowed[key] = [self._mask(pattern) for pattern in patterns(span, self.labels)]
        return self._allowed[key]

    def _mask(self, pattern: SpanPattern) -> NDArray[np.bool_]:
        columns = [pattern.before, *(frozenset([label]) for label in pattern.inside), pattern.after]
        return np.array([[column is None or label in column for label in self.labels] for column in columns])


def _ids_of(labels: Sequence[str], ids: dict[str, int], layer: str, sentence: Sentence) -> list[int]:
    try:
        return [ids[label] for label in labels]
    except KeyError as error:
        raise LabelError(
            f"the label {error.args[0]!r} of layer '{layer}' is not one of the model's ({', '.join(ids)})",
            where=sentence.where,
            fix="Map it to one of them, or to nothing, by `types` in the recipe's data source",
        ) from None
