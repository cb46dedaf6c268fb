"""The recipe of a study: one model with several stacks of encoders, sizes of training data, seeds and data sets."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, ModelWrapValidatorHandler, ValidationInfo, field_validator

from syntagma.learning.studies.stack import Kind, Stack
from syntagma.recipes.caching import Caching
from syntagma.recipes.candidates import candidates_of, without_dropped
from syntagma.recipes.data import Data, Source
from syntagma.recipes.datasets import resolve
from syntagma.recipes.located import FolderName, Located
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.run import Seed
from syntagma.recipes.toml_file import read_toml

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
Size = Annotated[int, Field(ge=1)] | Literal["all"]
KINDS: dict[str, Kind] = {
    "hashed": "word",
    "one-hot": "word",
    "static": "word",
    "word-vectors": "word",
    "characters": "character",
    "bytes": "character",
    "character-lm": "contextual-character",
    "transformer": "contextual-subword",
}


class DataSet(Data):
    """One of the study's data sets."""

    stacks: list[str] | None = None
    """The stacks to try on it, where some make no sense; by default all."""


class BaseRecipe(Recipe):
    """How a base recipe may be written: without data."""

    data: Data | None = None  # type: ignore[assignment]


class StudyRecipe(Located, Caching):
    """A grid of runs, of which each trains the base model on a sample of the data, and what is asked of them."""

    task: Literal["study"]
    name: FolderName = "study"
    data: dict[Name, DataSet] = Field(min_length=1)
    base: Recipe
    """A tagging recipe, or the path of one, whose recurrent or convolutional encoder stands over a concatenation: its
    members are the candidates. Its own data and seed are not looked at."""
    stacks: dict[Name, list[str]] = Field(min_length=1)
    """The candidates of each stack."""
    sizes: list[Size] = Field(min_length=1)
    """Numbers of training sentences; "all" is as many as there are."""
    seeds: list[Seed]
    """Each draws the samples and the first weights anew."""
    kinds: dict[str, Kind] = Field(default_factory=dict)
    """The kinds of candidates whose `kind` does not tell it, for the findings."""
    dev_sentences: int | None = Field(default=None, ge=1)
    """Choose by so many of the dev data, the same in all runs; by default all."""
    test_sentences: int | None = Field(default=None, ge=1)
    """Test on so many of each of the test data, the same in all runs; by default all."""
    reliance: bool = True
    """Whether to measure each trained model with one kind of its encoders at a time."""

    @field_validator("base", mode="wrap", json_schema_input_type=str | BaseRecipe)
    @classmethod
    def _with_each_data_set(
        cls, value: Any, handler: ModelWrapValidatorHandler[Recipe], info: ValidationInfo
    ) -> Recipe:
        """The base recipe with the first data set, checked with all."""
        folder: Path = (info.context or {}).get("folder", Path.cwd())
        if isinstance(value, str):
            path = folder / Path(value).expanduser()
            value, folder = read_toml(path), path.parent
        if "data" not in info.data:
            return cast(Recipe, value)  # the data are wrong, which will be told
        if not isinstance(value, dict):
            return handler(value)
        recipes = [handler(value | {"data": _as_data(one)}).located(folder) for one in info.data["data"].values()]
        candidates_of(recipes[0], "a study")
        return recipes[0]

    @field_validator("stacks")
    @classmethod
    def _stacks_of_candidates(cls, stacks: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        if not _has_candidates(info):
            return stacks
        known = [part.name for part in candidates_of(info.data["base"])]
        seen: dict[frozenset[str], str] = {}
        for name, members in stacks.items():
            _check_members(name, members, known)
            same = seen.setdefault(frozenset(members), name)
            if same != name:
                raise ValueError(f"the stacks '{same}' and '{name}' are the same: leave out one of them")
        _check_stacks_of_data(info.data["data"], stacks)
        _check_comparable(info.data["data"], stacks)
        return stacks

    @field_validator("sizes", mode="before")
    @classmethod
    def _are_sizes(cls, sizes: Any) -> Any:
        for size in sizes if isinstance(sizes, list) else ():
            if size != "all" and (type(size) is not int or size < 1):
                raise ValueError(f'{size!r} is no number of sentences, nor "all"')
        return sizes

    @field_validator("sizes")
    @classmethod
    def _sizes_ascend(cls, sizes: list[int | str]) -> list[int | str]:
        if len(set(sizes)) < len(sizes):
            raise ValueError("a size is there twice")
        return sorted(sizes, key=lambda size: (isinstance(size, str), size))

    @field_validator("seeds")
    @classmethod
    def _several_seeds(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < max(2, len(seeds)):
            raise ValueError("a study needs at least 2 different seeds, or it could not tell an effect from chance")
        return seeds

    @field_validator("kinds")
    @classmethod
    def _kinds_of_candidates(cls, kinds: dict[str, Kind], info: ValidationInfo) -> dict[str, Kind]:
        if _has_candidates(info):
            known = [part.name for part in candidates_of(info.data["base"])]
            unknown = [name for name in kinds if name not in known]
            if unknown:
                raise ValueError(f"'{unknown[0]}' is none of the candidates {', '.join(known)}")
        return kinds

    def stacks_of(self, data: str) -> list[str]:
        """The names of the stacks to try on a data set, in the study's order."""
        wanted = self.data[data].stacks
        return [name for name in self.stacks if wanted is None or name in wanted]

    def compared(self) -> list[Stack]:
        """The stacks with the kinds of their members, which are in the order of the concatenation."""
        kinds = {part.name: self.kinds.get(part.name, KINDS.get(part.kind)) for part in candidates_of(self.base)}
        return [
            Stack(name, {one: kind for one, kind in kinds.items() if one in members and kind is not None})
            for name, members in self.stacks.items()
        ]

    def recipe_of(self, data: str, stack: str, seed: int) -> Recipe:
        """The recipe of one run's model."""
        found = self.data[data]
        parts = ("train", "dev", "test")
        placed = found.model_copy(update={part: [self._placed(one) for one in getattr(found, part)] for part in parts})
        recipe = self.base.model_copy(update={"name": self.name, "data": placed, "seed": seed})
        return without_dropped(recipe.located(self.base.folder), self.stacks[stack])

    def _placed(self, source: Source) -> Source:
        """The base recipe may lie elsewhere; data are where the study says."""
        return source.model_copy(update={"path": str(resolve(source.path, self.folder))})


def _has_candidates(info: ValidationInfo) -> bool:
    """Whether what was read before is right, so that there is something to check against."""
    return {"data", "base"} <= info.data.keys()


def _as_data(data: DataSet) -> dict[str, Any]:
    return data.model_dump(exclude={"stacks"}, exclude_unset=True)


def _check_members(name: str, members: list[str], known: list[str]) -> None:
    if not members:
        raise ValueError(f"the stack '{name}' is empty")
    for member in members:
        if member not in known:
            raise ValueError(f"the stack '{name}' has '{member}', which is none of the candidates {', '.join(known)}")
        if members.count(member) > 1:
            raise ValueError(f"the stack '{name}' has '{member}' twice")


def _check_stacks_of_data(data: dict[str, DataSet], stacks: dict[str, list[str]]) -> None:
    for name, one in data.items():
        unknown = [stack for stack in one.stacks or () if stack not in stacks]
        if unknown:
            raise ValueError(f"the data set '{name}' wants the stack '{unknown[0]}', which is not there")
        if one.stacks == []:
            raise ValueError(f"the data set '{name}' is to be tried with no stack")


def _check_comparable(data: dict[str, DataSet], stacks: dict[str, list[str]]) -> None:
    """An effect is that of one encoder: two stacks must differ in it, on the same data set."""
    tried = [
        [set(members) for name, members in stacks.items() if name in (one.stacks or stacks)] for one in data.values()
    ]
    if not any(base < larger and len(larger) == len(base) + 1 for of in tried for base, larger in product(of, of)):
        raise ValueError(
            "no two stacks on one data set differ in one encoder: add one with an encoder more, to compare"
        )
