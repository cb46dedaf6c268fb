"""What every recipe says, whatever its task."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr

from syntagma.recipes.part import Part


class Run(Part):
    """One run that makes one model. `task`, a key of every recipe, says of which kind."""

    name: str = Field(default="model", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The model's name, also of its folder under `runs/` unless `--output` says otherwise."""
    description: str | None = None
    """A sentence for the model card."""
    language: str | None = None
    licence: str | None = None
    """The model's own licence, for its card."""
    notes: str | None = None
    """What else the model card should say: other material and its licences, limits, warnings."""
    seed: int = 1
    weights: Literal["float32", "float16"] = "float32"
    """How the model's weights are stored."""

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    def located(self, folder: Path) -> Self:
        """The same recipe, whose relative paths count from `folder`."""
        self._folder = folder
        return self

    @property
    def folder(self) -> Path:
        """Where relative paths count from."""
        return self._folder
