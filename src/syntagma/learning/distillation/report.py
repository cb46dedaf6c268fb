"""The record of a distillation: teachers, the model without them and the model with them, side by side, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from syntagma.learning.evaluation import headline
from syntagma.learning.report import DataSetScores

Role = Literal["teacher", "without teachers", "with teachers"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One model: how good, how large, how fast."""

    name: str
    role: Role
    parameters: int
    bytes: int
    """Of its weights on disk."""
    scores: Mapping[str, Mapping[str, float]]
    """By data set and layer, 0..1."""
    words_per_second: float | None
    """While the data sets were annotated, all layers of the model, on this machine as it was then."""
    learned_per_second: float | None = None
    """Words a second while it was trained, the teachers' targets aside."""


@dataclass(frozen=True, slots=True)
class DistillationReport:
    """A distillation that has ended."""

    name: str
    objective: str
    models: Sequence[Compared]
    """Teachers, then the model without them if it was trained, then the model with them."""
    shares: Sequence[float]
    """Lambda, the teachers' share in the loss of annotated sentences, at the end of each epoch."""
    lost: Mapping[str, float]
    """By layer, the share of the teachers' mass that the model cannot have."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def distilled(self) -> Compared:
        """The model that was made."""
        return self.models[-1]

    @property
    def plain(self) -> Compared | None:
        """The same model without teachers."""
        return next((model for model in self.models if model.role == "without teachers"), None)

    def gains(self) -> list[tuple[str, str, float]]:
        """Data set, layer, and what teachers brought there, in points; empty where there is nothing to compare with."""
        plain = self.plain
        if plain is None:
            return []
        return [
            (data_set, layer, 100 * (score - plain.scores[data_set][layer]))
            for data_set, layers in self.distilled.scores.items()
            for layer, score in layers.items()
            if layer in plain.scores.get(data_set, {})
        ]

    @property
    def slowdown(self) -> float | None:
        """Training time a word with teachers, their targets aside, over that without."""
        plain = self.plain
        if plain is None or not plain.learned_per_second or not self.distilled.learned_per_second:
            return None
        return plain.learned_per_second / self.distilled.learned_per_second

    def to_json(self) -> str:
        """All of it as one indented JSON object."""
        gains = [{"data set": one, "layer": layer, "points": gain} for one, layer, gain in self.gains()]
        return json.dumps({**asdict(self), "gains": gains}, indent=2) + "\n"


def scores_of(data_sets: Sequence[DataSetScores], layers: Sequence[str]) -> dict[str, dict[str, float]]:
    """The one number of every layer that counts here, by data set; data sets without any are left out."""
    found = {
        one.name: {result.layer: headline(result) for result in one.layers if result.layer in layers}
        for one in data_sets
    }
    return {name: scores for name, scores in found.items() if scores}


def speed_of(data_sets: Sequence[DataSetScores]) -> float | None:
    """Words a second over all data sets that were timed."""
    timed = [one for one in data_sets if one.seconds]
    seconds = sum(one.seconds or 0.0 for one in timed)
    return sum(one.tokens for one in timed) / seconds if seconds else None
