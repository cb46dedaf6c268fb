"""Everything that a distillation needs, read and checked: teachers, data, and the model that will be taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syntagma.models import Tagger
from syntagma.recipes.curriculum import Curriculum
from syntagma.recipes.learnable_trees import check_trees
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.taught_data import check_taught, read_taught, vocabularies_of
from syntagma.recipes.teachers import Teacher, load_teachers
from syntagma.recipes.training import Sets, new_tagger, read_sets
from syntagma.recipes.vocabularies import Vocabularies


@dataclass(frozen=True, slots=True)
class Classroom:
    """Teachers and the model before the first lesson."""

    recipe: Recipe
    teachers: list[Teacher]
    sets: Sets
    """The annotated sentences of the recipe's data."""
    vocabularies: Vocabularies
    tagger: Tagger
    curriculum: Curriculum


def open_classroom(recipe: Recipe, folders: Sequence[Path], *, begun: bool) -> Classroom:
    """Load the teachers from their folders, read the data, build the model; `begun` says that a checkpoint has it.

    Raises:
        SyntagmaError: any of them cannot be used, or they do not fit together.
    """
    taught = read_taught(recipe)
    teachers = load_teachers(recipe, folders, [one.source for one in taught])
    check_taught(taught, teachers)
    unread = recipe.data.model_copy(update={"train": []})
    rest = read_sets(recipe.model_copy(update={"data": unread}).located(recipe.folder))
    sets = replace(rest, train=[sentence for one in taught if one.labelled for sentence in one.sentences])
    vocabularies = vocabularies_of(recipe, taught, teachers)
    tagger = new_tagger(recipe, vocabularies, begun=begun)
    check_trees(tagger, sets.train)
    return Classroom(
        recipe, teachers, sets, vocabularies, tagger, Curriculum(recipe, taught, teachers, vocabularies, tagger)
    )
