"""The record of a training run or an evaluation: how it went and how good the result is, as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from syntagma.atomic import replace_file
from syntagma.errors import DataError
from syntagma.learning.history import Epoch
from syntagma.learning.metrics import LayerEvaluation


@dataclass(frozen=True, slots=True)
class DataSetScores:
    """What a model reached on one data set, layer by layer."""

    name: str
    sentences: int
    tokens: int
    layers: list[Annotated[LayerEvaluation, Field(discriminator="kind")]]
    seconds: float | None = None
    """How long the model took to annotate it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A run's report. An evaluation has no epochs; a training that was not evaluated has no data sets."""

    name: str
    """Of the recipe or the model."""
    epochs: list[Epoch] = field(default_factory=list)
    data_sets: list[DataSetScores] = field(default_factory=list)
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    """Whatever else a reader should know, shown as it is: the seed, the number of weights, the minutes taken."""

    @property
    def best_epoch(self) -> Epoch | None:
        """The first epoch with the highest dev score."""
        return max(self.epochs, key=lambda epoch: epoch.score, default=None)

    def to_json(self) -> str:
        """All of it as one indented JSON object; ASCII, so that any label survives."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str | None = None) -> Report:
        """Read back what `to_json` wrote.

        Raises:
            DataError: the text is not such an object; names the first wrong key.
        """
        try:
            return _reader().validate_python(json.loads(text))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise DataError(f"not a report: {place}: {first['msg']}", where=where) from None
        except json.JSONDecodeError as error:
            raise DataError(f"not JSON: {error}", where=where) from None


def write_json(report: Report, path: str | Path) -> None:
    """Write `report.json`; the file appears whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with replace_file(path) as stream:
        stream.write(report.to_json())


@cache
def _reader() -> TypeAdapter[Report]:
    return TypeAdapter(Report)
