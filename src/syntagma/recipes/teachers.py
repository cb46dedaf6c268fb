"""The teachers of a recipe: loaded, checked against the model that they shall teach, and who teaches which data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from syntagma.errors import RecipeError
from syntagma.models import LabelLayer, SpanCoding, Tagger
from syntagma.recipes.datasets import resolve
from syntagma.recipes.distillation import Distillation
from syntagma.recipes.layers import Spans
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.structures import Segments

Find = Callable[[str], Path]
"""The folder of a model that is not one itself: of a packaged name or a hub id."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A loaded model that teaches."""

    name: str
    folder: Path
    tagger: Tagger
    sources: Sequence[str] | None
    """The data that it teaches; None for all."""

    @property
    def digest(self) -> str:
        """Of all its files."""
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()

    def teaches(self, source: str) -> bool:
        """Whether it teaches a source of this name."""
        return self.sources is None or source in self.sources


def teacher_folders(settings: Distillation, folder: Path, find: Find) -> list[Path]:
    """Where the teachers are. Raises ModelError for one that is not there."""
    found = [resolve(one.model, folder) for one in settings.teachers]
    return [path if path.is_dir() else find(one.model) for path, one in zip(found, settings.teachers, strict=True)]


def load_teachers(recipe: Recipe, folders: Sequence[Path], sources: Sequence[str]) -> list[Teacher]:
    """The teachers in these folders, ready to teach a recipe's model the data of these names.

    Raises:
        ModelError: one cannot be loaded.
        RecipeError: one is named twice, has nothing to teach such a model, or data that there are not.
    """
    assert recipe.distillation is not None
    teachers: list[Teacher] = []
    for part, folder in zip(recipe.distillation.teachers, folders, strict=True):
        if any(folder.samefile(teacher.folder) for teacher in teachers):
            raise RecipeError(f"the teacher '{part.model}' is named twice", fix="Name it once, with all its `sources`")
        unknown = [name for name in part.sources or () if name not in sources]
        if unknown:
            raise RecipeError(
                f"the teacher '{part.model}' shall teach {unknown[0]!r}, and the data are {', '.join(sources)}",
                fix="Name sources of `data.train` or `distillation.unlabelled`, by their `name` or else their file's",
            )
        known, tagger, _ = load_model(folder)
        teachers.append(Teacher(known.name, folder, tagger, part.sources))
    for teacher in teachers:
        _check_teaches(recipe, teacher)
    for name in taught_layers(recipe, teachers):
        for teacher in teachers:
            _check_layer(recipe, teacher, name)
    return teachers


def taught_layers(recipe: Recipe, teachers: Sequence[Teacher]) -> list[str]:
    """The layers that any of the teachers teaches, in the recipe's order."""
    assert recipe.distillation is not None
    wanted = recipe.distillation.layers
    return [
        name
        for name in recipe.data.labels
        if (wanted is None or name in wanted) and any(name in teacher.tagger.layers for teacher in teachers)
    ]


def _check_teaches(recipe: Recipe, teacher: Teacher) -> None:
    assert recipe.distillation is not None
    model, wanted = list(recipe.data.labels), recipe.distillation.layers
    stranger = [name for name in wanted or () if name not in model]
    if stranger:
        raise RecipeError(f"`distillation.layers` has {stranger[0]!r}, and the model's layers are {', '.join(model)}")
    if not set(wanted or model) & set(teacher.tagger.layers):
        raise RecipeError(
            f"the teacher '{teacher.name}' has the layers {', '.join(teacher.tagger.layers)}, and none of "
            f"{', '.join(wanted or model)}, which are to be learned",
            fix="Choose a teacher with such a layer, or call the layers alike",
        )


def _check_layer(recipe: Recipe, teacher: Teacher, name: str) -> None:
    """A layer of the same name annotates the same kind of thing, in a way that one can speak of to the other."""
    if name not in teacher.tagger.layers:
        return
    theirs, mine = teacher.tagger.layers[name], recipe.data.labels[name]
    where = f"the layer '{name}' of the teacher '{teacher.name}'"
    if theirs.kind != mine.kind:
        raise RecipeError(f"{where} is of kind '{theirs.kind}', the model's of kind '{mine.kind}'")
    if not isinstance(mine, Spans):
        return
    segments = isinstance(recipe.structure_of(name), Segments)
    if not isinstance(theirs, LabelLayer):
        if not segments and mine.scheme.value != "bioes":
            raise RecipeError(
                f"{where} has whole spans, which are taught as BIOES labels, and the model's scheme is '{mine.scheme}'",
                fix=f'Give the layer scheme = "bioes" in [data.labels.{name}]',
            )
        return
    assert isinstance(theirs.coding, SpanCoding)
    if segments:
        raise RecipeError(
            f"{where} labels words, and the model's structure 'segments' learns from teachers with that structure alone"
        )
    if theirs.coding.scheme is not mine.scheme:
        raise RecipeError(
            f"{where} has the scheme '{theirs.coding.scheme}', the model's is '{mine.scheme}'",
            fix=f'Give the layer scheme = "{theirs.coding.scheme}" in [data.labels.{name}]',
        )
