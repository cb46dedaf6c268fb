"""Where an unfinished run keeps its checkpoints, whether it is still the same run, and what its model may replace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from syntagma.atomic import make_folder, replace_file
from syntagma.errors import DataError, OutputError, RecipeError
from syntagma.learning.trainer import LAST
from syntagma.recipes.datasets import resolve
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.run import Run

IDENTITY = "run.json"
Verb = Literal["train", "search", "distill"]


class RunFolder:
    """The folder `<model>.run` beside the model that a run will write."""

    def __init__(self, output: Path, verb: Verb, recipe: Run, files: Iterable[str]) -> None:
        self.output = _named(output)
        self.path = _beside(self.output)
        self.verb, self.recipe, self.files = verb, recipe, tuple(files)

    def check(self, *, resume: bool) -> None:
        """Make sure, before any work, that the model may take its place, and with `resume` that this is the same run.

        Raises:
            OutputError: something else is there, which the model would replace.
            RecipeError: with `resume`, when the verb, the recipe or a data file has changed since, or nothing is there.
        """
        if _is_in_use(self.output):
            raise OutputError(
                "is there and is no model, and would be replaced", where=str(self.output), fix="Choose another --output"
            )
        if resume:
            self._check_same()

    def begin(self, *, resume: bool) -> None:
        """Everything that could be checked is right: unless it is taken up, forget what an earlier run left.

        Raises:
            OutputError: nothing can be written there.
        """
        if resume:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        make_folder(self.path)
        with replace_file(self.path / IDENTITY) as stream:
            json.dump(self._identity, stream)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is something to go on from."""
        return (self.path / LAST).is_dir()

    def close(self) -> None:
        """The run is over and its model saved: nothing here is needed any more."""
        shutil.rmtree(self.path)

    @property
    def _identity(self) -> dict[str, Any]:
        return {
            "verb": self.verb,
            "recipe": self.recipe.model_dump(mode="json"),
            "data": digests(self.files, self.recipe.folder),
        }

    def _check_same(self) -> None:
        identity, before = self._identity, _read(self.path)
        if before.setdefault("verb", self.verb) != self.verb:
            raise RecipeError(
                f"the run that was interrupted is one of `syntagma {before['verb']}`",
                where=str(self.path),
                fix=f"Resume it with that, or begin anew with `syntagma {self.verb}` without --resume",
            )
        before["recipe"] = _as_read_today(before.get("recipe"), type(self.recipe))
        changed = [key for key in identity if before.get(key) != identity[key]]
        if changed:
            raise RecipeError(
                f"the {' and the '.join(changed)} changed since the run was interrupted",
                where=str(self.path),
                fix="Undo the change, or begin anew without --resume",
            )


def is_begun(output: Path) -> bool:
    """Whether there is a run for this output that could be resumed."""
    return (_beside(_named(output)) / IDENTITY).is_file()


def _named(output: Path) -> Path:
    """The same place under a name that can be lengthened, which "." and ".." have none of."""
    return output.resolve() if output.name in ("", "..") else output


def _beside(output: Path) -> Path:
    if not output.name:
        raise OutputError("is no place for a model", where=str(output), fix="Choose another --output")
    return output.with_name(f"{output.name}.run")


def _is_in_use(output: Path) -> bool:
    """Whether there is something that is no model: a file, or a folder that holds anything but one."""
    if not output.is_dir():
        return output.exists()
    return not (output / MANIFEST).is_file() and any(output.iterdir())


def _read(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise RecipeError("there is no interrupted run to resume", where=str(folder), fix="Leave out --resume")
    return found


def _as_read_today(recipe: object, kind: type[Run]) -> object:
    """A recipe that an earlier version may have written, with what has become a key since at its default."""
    try:
        return kind.model_validate(recipe).model_dump(mode="json")
    except ValidationError:
        return recipe


def digests(files: Iterable[str], folder: Path) -> Mapping[str, str]:
    """The SHA-256 of each file. Raises DataError if one cannot be read."""
    found = {}
    for path in set(files):
        try:
            with resolve(path, folder).open("rb") as stream:
                found[path] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=path) from None
    return found
