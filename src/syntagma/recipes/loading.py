"""A recipe from its TOML file, with overrides, and errors that name the key, its table and the nearest right one."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Sequence
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from syntagma.errors import RecipeError
from syntagma.recipes.character_lm import CharacterLMRecipe
from syntagma.recipes.located import Located
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.study import StudyRecipe
from syntagma.recipes.toml_file import read_toml

AnyRecipe = Recipe | CharacterLMRecipe | StudyRecipe
TASKS: dict[str, type[AnyRecipe]] = {"tagging": Recipe, "character-lm": CharacterLMRecipe, "study": StudyRecipe}
VERBS = {"tagging": "train", "character-lm": "train", "study": "study"}
"""What runs the recipes of a task."""
AnyRun = TypeVar("AnyRun", bound=Located)


def load_recipe(path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe; each override is `table.key=value`, the value in TOML (a bare word is text).

    Raises:
        RecipeError: no such file, no TOML, a wrong key or value; the message says where and what to write instead.
    """
    return parse_recipe(read_toml(Path(path)), overrides, where=str(path), folder=Path(path).resolve().parent)


def parse_recipe(
    values: dict[str, Any], overrides: Sequence[str] = (), *, where: str = "recipe", folder: Path | None = None
) -> Recipe:
    """A recipe from plain values. Relative paths in it count from `folder`."""
    values = _overridden(values, overrides)
    _check_task(values, "tagging", where)
    return _validated(Recipe, values, where, folder)


def load_study(path: str | Path, overrides: Sequence[str] = ()) -> StudyRecipe:
    """Read the recipe of a study. Raises RecipeError as `load_recipe` does, and for a recipe of another task."""
    values = _overridden(read_toml(Path(path)), overrides)
    _check_task(values, "study", str(path))
    return _validated(StudyRecipe, values, str(path), Path(path).resolve().parent)


def load_run(path: str | Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """Read the recipe of any task. Raises RecipeError as `load_recipe` does."""
    return parse_run(read_toml(Path(path)), overrides, where=str(path), folder=Path(path).resolve().parent)


def parse_run(
    values: dict[str, Any], overrides: Sequence[str] = (), *, where: str = "recipe", folder: Path | None = None
) -> AnyRecipe:
    """A recipe of any task from plain values."""
    values = _overridden(values, overrides)
    return _validated(TASKS[_task_of(values, where)], values, where, folder)


def recipe_schema() -> dict[str, Any]:
    """The JSON schema of recipes, for editors."""
    return TypeAdapter(AnyRecipe).json_schema()


def _task_of(values: dict[str, Any], where: str) -> str:
    task = str(values.get("task", "tagging"))
    if task not in TASKS:
        raise RecipeError(f"unknown task {task!r}{_nearest(task, list(TASKS))}", where=where)
    return task


def _check_task(values: dict[str, Any], wanted: str, where: str) -> None:
    found = _task_of(values, where)
    if "task" not in values and wanted != found:
        raise RecipeError(f'does not say task = "{wanted}"', where=where)
    if found != wanted:
        raise RecipeError(
            f'is a recipe of the task "{found}", where one of the task "{wanted}" should be',
            where=where,
            fix=f"Run it with `syntagma {VERBS[found]}`",
        )


def _validated(kind: type[AnyRun], values: dict[str, Any], where: str, folder: Path | None) -> AnyRun:
    folder = folder or Path.cwd()
    try:
        recipe = kind.model_validate(values, context={"folder": folder})
    except ValidationError as error:
        raise RecipeError(_explain(error, kind), where=where) from None
    return recipe.located(folder)


def _overridden(values: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    values = deepcopy(values)
    for override in overrides:
        _override(values, override)
    return values


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(
            f"the override {override!r} is not of the form table.key=value", fix="Example: learning.epochs=3"
        )
    *tables, last = key.strip().split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise RecipeError(f"the override {override!r} goes into '{table}', which is not a table of the recipe")
    values[last] = _toml_value(text.strip())


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError, recipe: type[BaseModel]) -> str:
    details = error.errors(include_url=False)
    # a wrong key explains more than the values it leaves missing
    details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
    return "; ".join(
        _explain_one(_walk(detail["loc"], recipe), detail["type"], detail["msg"], detail.get("ctx", {}))
        for detail in details[:3]
    )


def _explain_one(
    place: tuple[type[BaseModel] | None, list[str]], kind: str, message: str, context: dict[str, Any]
) -> str:
    model, names = place
    table = ".".join(names[:-1])
    name = names[-1] if names else ""
    where = f"in table [{table}]" if table else "at the top of the recipe"
    if kind == "string_pattern_mismatch":
        message = "a name has letters, digits, '.', '_' and '-' only, and begins with a letter or a digit"
    if name == "[key]":  # of a table whose keys are names
        table = f"[{'.'.join(names[:-2])}]"
        return f"the key '{names[-2]}' in table {table} is wrong: {message}"
    if kind == "extra_forbidden":
        return f"unknown key '{name}' {where}{_nearest(name, list(model.model_fields) if model else [])}"
    if kind == "missing":
        return f"the key '{name}' is missing {where}"
    if kind == "union_tag_invalid":
        found, known = str(context["tag"]), [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        return f"unknown kind {found!r} of '{'.'.join(names)}'{_nearest(found, known)}"
    if kind == "union_tag_not_found":
        return f"'{'.'.join(names)}' needs a key 'kind'"
    message = message.removeprefix("Value error, ")
    return f"the value of '{name}' {where} is wrong: {message}" if name else message


def _nearest(found: str, known: Sequence[str]) -> str:
    close = get_close_matches(found, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; it must be one of {', '.join(known)}" if known else ""


def _walk(place: tuple[int | str, ...], recipe: type[BaseModel]) -> tuple[type[BaseModel] | None, list[str]]:
    """The model of the table that an error's place lies in, and the place in the recipe's own words (no union tags)."""
    models: list[type[BaseModel]] = [recipe]
    names: list[str] = []
    for index, step in enumerate(place):
        tagged = [model for model in models if _tag(model) == step]
        if tagged:
            models = tagged
            continue
        names.append(str(step))
        fields = [model.model_fields[str(step)] for model in models if str(step) in model.model_fields]
        if index < len(place) - 1 and fields:
            models = [inner for field in fields for inner in _models_in(field.annotation)]
    return (models[0] if models else None), names


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return None if field is None else str(typing.get_args(field.annotation)[0])


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in typing.get_args(annotation) for model in _models_in(inner)]
