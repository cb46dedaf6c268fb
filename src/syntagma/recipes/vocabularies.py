"""What a model has learned from data besides weights: its labels, its alphabet, its word lists; kept as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from syntagma.errors import RecipeError, TrainingError
from syntagma.recipes.character_lm_model import CharacterLMShape, shape_of
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import (
    CharacterLM,
    Characters,
    Concatenation,
    Convolution,
    Encoder,
    OneHot,
    Recurrent,
    Static,
    WordVectors,
)
from syntagma.recipes.layers import Graph, Layer, Spans, Tree
from syntagma.recipes.part import Part
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.scorers import RelativeHeads
from syntagma.recipes.vector_tables import VectorTable, choose_words, table_of
from syntagma.text.document import Sentence
from syntagma.text.formats.reading import read_lines


class Vocabularies(Part):
    """The lists that give rows of a model's tables their meaning."""

    labels: dict[str, list[str]]
    """Tags of each tag layer, types of each span layer, relations of each layer of trees or graphs."""
    relative_heads: dict[str, list[tuple[int | None, str]]] = Field(default_factory=dict)
    """Offset (None for the root) and relation of each label of a layer of trees that is parsed by labelling."""
    alphabet: list[str] = Field(default_factory=list)
    """Characters known to character encoders."""
    words: dict[str, list[str]] = Field(default_factory=dict)
    """Words of each encoder that is a table, by its name."""
    tables: dict[str, VectorTable] = Field(default_factory=dict)
    """Shapes of the tables whose vectors come from a file, by the encoder's name."""
    character_lms: dict[str, CharacterLMShape] = Field(default_factory=dict)
    """Shapes of the character language models, by the encoder's name."""

    @classmethod
    def collect(
        cls, sentences: Sequence[Sentence], recipe: Recipe, *, labelled: Sequence[Sentence] | None = None
    ) -> Vocabularies:
        """What the training data holds of the labels to learn and of what the recipe's encoder needs.

        With `labelled` the labels are those of other sentences, for a sample that may lack some.

        Raises:
            TrainingError: no sentence is annotated in a layer.
            DataError: a list of words or a file of vectors cannot be read.
            RecipeError: two encoders that keep something have the same name.
        """
        parts, layers, folder = list(encoder_parts(recipe.encoder)), recipe.data.labels, recipe.folder
        relative = [name for name in layers if isinstance(recipe.scorer_of(name), RelativeHeads)]
        _check_names(parts)
        needs_characters = any(isinstance(part, Characters) for part in parts)
        counts = Counter(word for sentence in sentences for word in sentence.words)
        words = {p.name: _words(p, counts, folder) for p in parts if isinstance(p, Static | OneHot | WordVectors)}
        return cls(
            labels={name: _labels(name, layer, labelled or sentences) for name, layer in layers.items()},
            relative_heads={name: _relative_heads(name, labelled or sentences) for name in relative},
            alphabet=sorted({character for word in counts for character in word}) if needs_characters else [],
            words=words,
            character_lms={p.name: shape_of(p, folder) for p in parts if isinstance(p, CharacterLM)},
            tables={p.name: table_of(p, words[p.name], folder) for p in parts if isinstance(p, WordVectors)},
        )

    def narrowed(self, encoder: Encoder) -> Vocabularies:
        """What this encoder needs of the vocabularies of a larger one."""
        parts = list(encoder_parts(encoder))
        names = {part.name for part in parts}
        return self.model_copy(
            update={
                "alphabet": self.alphabet if any(isinstance(part, Characters) for part in parts) else [],
                "words": {name: words for name, words in self.words.items() if name in names},
                "tables": {name: table for name, table in self.tables.items() if name in names},
                "character_lms": {name: shape for name, shape in self.character_lms.items() if name in names},
            }
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


def _check_names(parts: Sequence[Encoder]) -> None:
    """Encoders that keep something of their own under their name have names of their own."""
    names = Counter(part.name for part in parts if not isinstance(part, Concatenation | Convolution | Recurrent))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise RecipeError(f"two encoders are called {twice[0]!r}", fix="Give each its own `name`")


def _words(part: Static | OneHot | WordVectors, counts: Counter[str], folder: Path) -> list[str]:
    """The words of a table: the frequent ones of the training data, then those of its file, each once."""
    lowercase = not isinstance(part, WordVectors) and part.lowercase
    cased: Counter[str] = Counter()
    for word, count in counts.items():
        cased[word.lower() if lowercase else word] += count
    listed = None if isinstance(part, OneHot) else part.words
    further = () if listed is None else read_lines(resolve(listed, folder))
    words = dict.fromkeys(word for word, count in cased.most_common() if count >= part.minimum_count)
    words |= dict.fromkeys(word for line in further if (word := line.strip()))
    return choose_words(part, list(words), folder) if isinstance(part, WordVectors) else list(words)


def _labels(name: str, layer: Layer, sentences: Sequence[Sentence]) -> list[str]:
    found = {label for sentence in sentences for label in _labels_in(name, layer, sentence)}
    if not found:
        raise TrainingError(
            f"no training sentence has a label in the layer '{name}'",
            fix="Check `data.labels`, and `columns` and `layers` of the training sources",
        )
    return sorted(found)


def _labels_in(name: str, layer: Layer, sentence: Sentence) -> Iterator[str]:
    match layer:
        case Spans():
            yield from (span.label for span in sentence.spans.get(name, ()))
        case Tree():
            yield from (arc.relation for arc in sentence.trees.get(name, ()))
        case Graph():
            yield from (arc.relation for arcs in sentence.graphs.get(name, ()) for arc in arcs)
        case _:
            yield from sentence.tags(name) or ()


def _relative_heads(name: str, sentences: Sequence[Sentence]) -> list[tuple[int | None, str]]:
    """The labels (offset, relation) of the trees, the root's first, then from left to right."""
    found = {
        (arc.head - 1 - word if arc.head else None, arc.relation)
        for sentence in sentences
        for word, arc in enumerate(sentence.trees.get(name, ()))
    }
    return sorted(found, key=lambda label: (label[0] is not None, label[0] or 0, label[1]))
