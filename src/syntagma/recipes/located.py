"""What every recipe says, whatever it describes: its name, and where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PrivateAttr

from syntagma.recipes.part import Part

FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Located(Part):
    """A whole recipe, whose relative paths count from the folder that it lies in."""

    name: FolderName = "model"
    """The name of what is made, also of its folder under `runs/` unless `--output` says otherwise."""
    description: str | None = None
    """A sentence for the model card or the report."""

    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    def located(self, folder: Path) -> Self:
        """The same recipe, whose relative paths count from `folder`."""
        self._folder = folder
        return self

    @property
    def place(self) -> Path:
        """Where what is made goes, unless somebody says otherwise."""
        return Path("runs") / self.name

    @property
    def folder(self) -> Path:
        """Where relative paths count from."""
        return self._folder
