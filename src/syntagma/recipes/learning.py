"""The learning part of a recipe: optimiser, schedule, batches, when to stop."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from syntagma.recipes.part import Part


class Learning(Part):
    """How a model is fitted."""

    epochs: int = Field(default=30, ge=1)
    batch_words: int = Field(default=1000, ge=1)
    """Words in a batch, padding counted."""
    epoch_steps: int = Field(default=1, ge=1)
    """Fewest steps of an epoch: it goes several times through data that make fewer batches."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = Field(default=2e-3, gt=0)
    transformer_learning_rate: float = Field(default=5e-5, gt=0)
    """For the weights of pretrained transformers that are tuned."""
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    """Each lower transformer layer learns at this share of the rate of the one above."""
    weight_decay: float = Field(default=0.01, ge=0)
    schedule: Literal["linear", "cosine", "constant", "plateau"] = "linear"
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of all steps in which the rate rises to its full height."""
    schedule_epochs: int | None = Field(default=None, ge=1)
    """Epochs over which the rate falls; by default all. More than `epochs` ends a run before its rate is at zero."""
    schedule_patience: int = Field(default=5, ge=0)
    """Schedule "plateau": epochs without a better dev score before the rate is halved."""
    clip: float = Field(default=5.0, gt=0)
    """Greatest norm of the gradient."""
    patience: int = Field(default=10, ge=0)
    """Epochs without a better dev score before training stops."""
    calibrate: bool = True
    """After training, fit one temperature a layer on the dev data, so that confidences are probabilities."""
    select: str | None = None
    """The layer whose dev score chooses the best epoch; by default the mean over the layers."""
