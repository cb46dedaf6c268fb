"""Where an unfinished run keeps its checkpoints, and whether it is still the same run."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from syntagma.atomic import replace_file
from syntagma.errors import DataError, RecipeError
from syntagma.learning.trainer import LAST
from syntagma.recipes.datasets import resolve
from syntagma.recipes.run import Run

IDENTITY = "run.json"


class RunFolder:
    """The folder `<model>.run` beside the model that a run will write."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(f"{output.name}.run")

    def open(self, recipe: Run, files: Iterable[str], *, resume: bool) -> None:
        """Begin anew, or make sure that what is there was begun with this very recipe and these data files.

        Raises:
            RecipeError: with `resume`, when the recipe or a data file has changed since, or nothing is there.
        """
        identity = {"recipe": recipe.model_dump(mode="json"), "data": digests(files, recipe.folder)}
        if resume:
            self._check(identity, type(recipe))
            return
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        with replace_file(self.path / IDENTITY) as stream:
            json.dump(identity, stream)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is something to go on from."""
        return (self.path / LAST).is_dir()

    def close(self) -> None:
        """The run is over and its model saved: nothing here is needed any more."""
        shutil.rmtree(self.path)

    def _check(self, identity: Mapping[str, object], kind: type[Run]) -> None:
        try:
            before = json.loads((self.path / IDENTITY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise RecipeError(
                "there is no interrupted run to resume", where=str(self.path), fix="Leave out --resume"
            ) from None
        before["recipe"] = _as_read_today(before.get("recipe"), kind)
        changed = [key for key in identity if before.get(key) != identity[key]]
        if changed:
            raise RecipeError(
                f"the {' and the '.join(changed)} changed since the run was interrupted",
                where=str(self.path),
                fix="Undo the change, or begin anew without --resume",
            )


def _as_read_today(recipe: object, kind: type[Run]) -> object:
    """A recipe that an earlier version may have written, with what has become a key since at its default."""
    try:
        return kind.model_validate(recipe).model_dump(mode="json")
    except ValidationError:
        return recipe


def digests(files: Iterable[str], folder: Path) -> dict[str, str]:
    """The SHA-256 of each file. Raises DataError if one cannot be read."""
    found = {}
    for path in set(files):
        try:
            with resolve(path, folder).open("rb") as stream:
                found[path] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=path) from None
    return found
