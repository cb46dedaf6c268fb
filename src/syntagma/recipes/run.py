"""What the recipe of every model says, whatever its task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from syntagma.recipes.located import Located

Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Run(Located):
    """One run that makes one model. `task`, a key of every recipe, says of which kind."""

    language: str | None = None
    licence: str | None = None
    """The model's own licence, for its card."""
    notes: str | None = None
    """What else the model card should say: other material and its licences, limits, warnings."""
    seed: Seed = 1
    weights: Literal["float32", "float16"] = "float32"
    """How the model's weights are stored."""
