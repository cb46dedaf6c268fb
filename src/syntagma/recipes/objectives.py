"""From the distillation part of a recipe to objectives, and the digest of all that targets depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from syntagma.learning.distillation.tables import LEAST
from syntagma.learning.objectives import (
    Interpolation,
    Objective,
    Posterior,
    Structural,
    Temperature,
    Token,
    TopK,
    WeightedTopK,
)
from syntagma.recipes.distillation import Distillation
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.vocabularies import Vocabularies

VERSION = 1
"""Raised whenever the same teachers would be understood in another way."""


def build_objectives(part: Distillation) -> list[Objective]:
    """The objectives whose mean is learned."""
    temperature = Temperature(part.temperature, part.temperature_kind)
    return [_objective(name, part.k, temperature) for name in part.objective.split("+")]


def _objective(name: str, k: int, temperature: Temperature) -> Objective:
    match name:
        case "structural":
            return Structural(temperature)
        case "posterior":
            return Posterior(temperature)
        case "token":
            return Token(temperature)
        case "top-k":
            return TopK(k, temperature)
        case "weighted-top-k":
            return WeightedTopK(k, temperature)
    raise AssertionError(name)


def build_interpolation(part: Distillation) -> Interpolation:
    """How lambda falls."""
    return Interpolation(part.tau, part.interpolation)


def identity_of(recipe: Recipe, vocabularies: Vocabularies, teachers: Sequence[str], layers: Sequence[str]) -> str:
    """64 hexadecimal digits for targets of teachers with these digests: of other targets, others.

    Besides the teachers and the objective it is what the student can say of these layers that they depend on.
    """
    part = recipe.distillation
    assert part is not None
    student = {
        name: (
            recipe.data.labels[name].model_dump(mode="json", include={"kind", "scheme"}),
            recipe.structure_of(name).model_dump(mode="json"),
            recipe.scorer_of(name).model_dump(mode="json"),
            vocabularies.labels[name],
            vocabularies.relative_heads.get(name),
        )
        for name in layers
    }
    objective = part.model_dump(mode="json", include={"objective", "k", "temperature", "temperature_kind"})
    everything = [VERSION, LEAST, sorted(teachers), objective, student]
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()
