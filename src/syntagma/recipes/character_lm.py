"""The recipe of a pair of character language models, forward and backward."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from syntagma.recipes.data import Sources
from syntagma.recipes.part import Part
from syntagma.recipes.run import Run


class Texts(Part):
    """Texts to learn from, in any format that can be read; annotation in them is not looked at.

    A plain text is divided into sentences and words as `syntagma annotate` does it, because the models will read the
    words of sentences. Of a source, `path`, `format`, `columns`, `separator`, `name` and `licence` count.
    """

    train: Sources = Field(min_length=1)
    dev: Sources = Field(min_length=1)
    test: Sources = Field(default_factory=list)


class CharacterLMSizes(Part):
    """The size of both models."""

    embedding: int = Field(default=50, ge=1)
    hidden: int = Field(default=256, ge=1)
    """Width of each direction; a word's vector has twice that."""
    layers: int = Field(default=1, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    minimum_count: int = Field(default=5, ge=1)
    """Characters rarer than this in the training data are the same unknown one."""


class CharacterLMLearning(Part):
    """How the models are fitted (AdamW)."""

    epochs: int = Field(default=5, ge=1)
    batch_characters: int = Field(default=10_000, ge=1)
    """Characters in a batch, padding counted."""
    longest: int = Field(default=500, ge=2)
    """A sentence of more characters is read in parts."""
    learning_rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    schedule: Literal["linear", "cosine", "constant", "plateau"] = "linear"
    warmup: float = Field(default=0.02, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    patience: int = Field(default=5, ge=0)
    """Epochs without a better dev perplexity before training stops."""


class CharacterLMRecipe(Run):
    """One run that trains two character language models, for the encoder of kind `character-lm`."""

    task: Literal["character-lm"] = "character-lm"
    data: Texts
    model: CharacterLMSizes = CharacterLMSizes()
    learning: CharacterLMLearning = CharacterLMLearning()
