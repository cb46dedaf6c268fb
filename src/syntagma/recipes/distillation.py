"""The distillation part of a recipe: who teaches the model that the rest of the recipe describes, and how."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from syntagma.recipes.caching import Caching
from syntagma.recipes.data import Sources
from syntagma.recipes.part import Part


class Teacher(Part):
    """A saved model that teaches."""

    model: str
    """Its folder (relative to the recipe's), a packaged name, or a hub id."""
    sources: list[str] | None = None
    """The data that it teaches, by the sources' names (their file names, where they have none); by default all."""


def _as_teachers(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    return [{"model": item} if isinstance(item, str) else item for item in values]


class Distillation(Caching):
    """How `syntagma distill` goes about it; `syntagma train` does not look at it. The cache is that of the targets."""

    teachers: Annotated[list[Teacher], BeforeValidator(_as_teachers), Field(min_length=1)]
    """Several that teach the same data are averaged."""
    layers: list[str] | None = Field(default=None, min_length=1)
    """The layers to learn from teachers; by default all that the model and a teacher both have."""
    objective: Literal["structural", "posterior", "token", "top-k", "weighted-top-k", "posterior+weighted-top-k"] = (
        "structural"
    )
    k: int = Field(default=10, ge=1, le=1000)
    """How many outputs the k-best objectives learn from."""
    temperature: float = Field(default=1.0, gt=0, le=1000)
    """Above 1, softer than the teacher is."""
    temperature_kind: Literal["global", "local"] = "global"
    """Of all scores before inference, or of each table of marginals after it."""
    interpolation: float = Field(default=1.0, gt=0, le=1)
    """The teachers' share in the loss of annotated sentences, lambda, at the beginning."""
    tau: float = Field(default=1.0, ge=0, le=1000)
    """How fast lambda falls: with 1 by 1 over all epochs, with 2 over half of them, with 0 not at all."""
    unlabelled: Sources = Field(default_factory=list)
    """Further sentences, of which the teachers alone say anything: plain text, or files whose annotation is ignored."""
    baseline: bool = True
    """Also train the same model without teachers, to compare."""
