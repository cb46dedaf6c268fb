"""What is kept of each run of a study: one file, which is there when the run is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean

from pydantic import TypeAdapter, ValidationError

from syntagma.atomic import make_folder, replace_file
from syntagma.errors import DataError


@dataclass(frozen=True, slots=True)
class Run:
    """One point of the grid."""

    data: str
    stack: str
    size: str
    """A number of training sentences, or "all"."""
    seed: int

    @property
    def path(self) -> Path:
        """Its record, relative to the study's records."""
        return Path(self.data, self.stack, f"{self.size}-{self.seed}.json")

    def __str__(self) -> str:
        return f"{self.data}, {self.stack}, {sentences(self.size)}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Record:
    """A run that is done. Scores are in points (0 to 100)."""

    run: Run
    identity: Mapping[str, str]
    """Digests of all that the run was made from, by what it is called."""
    sentences: int
    dev: float
    """Of the best epoch."""
    test: Mapping[str, float] = field(default_factory=dict)
    """By the name of the test data."""
    reliance: Mapping[str, float] = field(default_factory=dict)
    """The score when of all kinds of encoders only one is kept and the others' vectors are 0, by kind."""
    epochs: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    """Of training."""
    parameters: int = 0
    """Those that are learned."""

    @property
    def score(self) -> float:
        """The mean over the test data; where there are none, the dev score."""
        return fmean(self.test.values()) if self.test else self.dev


def write_record(record: Record, folder: Path) -> None:
    """Write the record's file, whole or not at all. Raises OutputError."""
    path = folder / record.run.path
    make_folder(path.parent)
    with replace_file(path) as stream:
        stream.write(json.dumps(asdict(record), indent=2) + "\n")


def read_record(run: Run, folder: Path) -> Record | None:
    """The record of a run, or None if it is not done.

    Raises:
        DataError: the file is not the record of this run.
    """
    path = folder / run.path
    try:
        record = _reader().validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError):
        record = None
    if record is None or record.run != run:
        raise DataError("is not the record of this run", where=str(path), fix="Delete it, and it will be made again")
    return record


def sentences(size: str) -> str:
    """A size as one says it."""
    return "1 sentence" if size == "1" else f"{size} sentences"


@cache
def _reader() -> TypeAdapter[Record]:
    return TypeAdapter(Record)
