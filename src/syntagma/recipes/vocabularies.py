"""What a model has learned from data besides weights: its labels, its alphabet, its word lists; kept as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from syntagma.errors import TrainingError
from syntagma.recipes.data import Layer, Spans
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import Characters, Concatenation, Convolution, Encoder, Recurrent, Static
from syntagma.recipes.part import Part
from syntagma.text.document import Sentence
from syntagma.text.formats.reading import read_lines


class Vocabularies(Part):
    """The lists that give rows of a model's tables their meaning."""

    labels: dict[str, list[str]]
    """Tags of each tag layer, types of each span layer."""
    alphabet: list[str] = Field(default_factory=list)
    """Characters known to character encoders."""
    words: dict[str, list[str]] = Field(default_factory=dict)
    """Words of each static encoder, by its name."""

    @classmethod
    def collect(
        cls, sentences: Sequence[Sentence], layers: dict[str, Layer], encoder: Encoder, folder: Path
    ) -> Vocabularies:
        """What the training data holds of the labels to learn and of what this encoder needs.

        Raises:
            TrainingError: no sentence is annotated in a layer.
            DataError: a list of words cannot be read.
        """
        parts = list(encoder_parts(encoder))
        needs_characters = any(isinstance(part, Characters) for part in parts)
        counts = Counter(word for sentence in sentences for word in sentence.words)
        return cls(
            labels={name: _labels(name, layer, sentences) for name, layer in layers.items()},
            alphabet=sorted({character for word in counts for character in word}) if needs_characters else [],
            words={part.name: _words(part, counts, folder) for part in parts if isinstance(part, Static)},
        )


def encoder_parts(part: Encoder) -> Iterator[Encoder]:
    """An encoder part and all parts inside it."""
    yield part
    inner: Iterable[Encoder] = ()
    if isinstance(part, Concatenation):
        inner = part.members
    elif isinstance(part, Convolution | Recurrent):
        inner = [part.of]
    for member in inner:
        yield from encoder_parts(member)


def _words(part: Static, counts: Counter[str], folder: Path) -> list[str]:
    """The words of a static table: the frequent ones of the training data, then those of its file, each once."""
    cased: Counter[str] = Counter()
    for word, count in counts.items():
        cased[word.lower() if part.lowercase else word] += count
    further = () if part.words is None else read_lines(resolve(part.words, folder))
    words = dict.fromkeys(word for word, count in cased.most_common() if count >= part.minimum_count)
    words |= dict.fromkeys(word for line in further if (word := line.strip()))
    return list(words)


def _labels(name: str, layer: Layer, sentences: Sequence[Sentence]) -> list[str]:
    if isinstance(layer, Spans):
        found = {span.label for sentence in sentences for span in sentence.spans.get(name, ())}
    else:
        found = {tag for sentence in sentences for tag in (sentence.tags(name) or ())}
    if not found:
        raise TrainingError(
            f"no training sentence has a label in the layer '{name}'",
            fix="Check `data.labels`, and `columns` and `layers` of the training sources",
        )
    return sorted(found)
