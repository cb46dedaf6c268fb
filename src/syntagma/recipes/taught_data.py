"""What a distillation learns from: sentences by source, and the labels of the data and of the teachers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syntagma.errors import RecipeError
from syntagma.learning.batches import by_length
from syntagma.learning.evaluation import unannotated
from syntagma.recipes.datasets import read_sentences
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.teachers import Teacher, taught_layers
from syntagma.recipes.unlabelled import read_unlabelled
from syntagma.recipes.vocabularies import Vocabularies
from syntagma.text.document import Sentence

MOST_ANNOTATED = 2000
"""Sentences that teachers annotate to find out what labels there are, where no annotation says so."""


@dataclass(frozen=True, slots=True)
class Taught:
    """The sentences of one source."""

    source: str
    sentences: list[Sentence]
    labelled: bool


def read_taught(recipe: Recipe) -> list[Taught]:
    """All sentences to learn from, annotated or not. Raises DataError, LabelError, RecipeError if there is none."""
    assert recipe.distillation is not None
    taught = [
        Taught(one.title, read_sentences(one, recipe.data.labels, recipe.folder) * one.repeat, True)
        for one in recipe.data.train
    ]
    taught += [Taught(one.title, read_unlabelled(one, recipe.folder), False) for one in recipe.distillation.unlabelled]
    if not taught:
        raise RecipeError(
            "there is nothing to learn from", fix="Name sources in `data.train` or `distillation.unlabelled`"
        )
    return taught


def check_taught(taught: Sequence[Taught], teachers: Sequence[Teacher]) -> None:
    """Raises RecipeError for unlabelled data of which no teacher says anything."""
    for one in taught:
        if not one.labelled and not any(teacher.teaches(one.source) for teacher in teachers):
            raise RecipeError(
                f"no teacher teaches the unlabelled data '{one.source}'", fix="Add it to a teacher's `sources`"
            )


def vocabularies_of(recipe: Recipe, taught: Sequence[Taught], teachers: Sequence[Teacher]) -> Vocabularies:
    """The model's vocabularies: its labels are those of the annotated data and those of the teachers.

    Raises:
        RecipeError: a teacher's labels are quite others than those of the data.
    """
    everything = [sentence for one in taught for sentence in one.sentences]
    known = [sentence for one in taught if one.labelled for sentence in one.sentences]
    annotated = known or _annotated(taught, teachers)
    found = Vocabularies.collect(everything, recipe, labelled=annotated)
    labels = dict(found.labels)
    for name in taught_layers(recipe, teachers):
        for teacher in teachers:
            if name not in teacher.tagger.layers:
                continue
            theirs = teacher.tagger.layers[name].labels
            if not set(theirs) & set(found.labels[name]):
                raise RecipeError(
                    f"the labels of layer '{name}' are {', '.join(found.labels[name])} in the data, and "
                    f"{', '.join(theirs)} of the teacher '{teacher.name}'",
                    fix="Rename the data's by `types`, or choose another teacher",
                )
            labels[name] = sorted({*labels[name], *theirs})
    return found.model_copy(update={"labels": labels})


def _annotated(taught: Sequence[Taught], teachers: Sequence[Teacher]) -> list[Sentence]:
    """Some sentences as the teachers annotate them."""
    sentences = []
    for teacher in teachers:
        some = [s for one in taught if teacher.teaches(one.source) for s in one.sentences][:MOST_ANNOTATED]
        some = [unannotated(sentence) for sentence in some]
        for batch in by_length([len(sentence.tokens) for sentence in some], words=MOST_ANNOTATED):
            teacher.tagger.annotate([some[index] for index in batch])
        sentences += some
    return sentences
