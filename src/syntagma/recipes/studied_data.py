"""The data of a study: read once, and drawn from for every run in the same way."""

from __future__ import annotations

from collections.abc import Iterable

from syntagma.errors import DataError
from syntagma.learning.studies.record import Run
from syntagma.learning.studies.sampling import draw
from syntagma.recipes.study import StudyRecipe
from syntagma.recipes.training import Sets, read_sets
from syntagma.text.document import Sentence
from syntagma.text.view import View, view_of

MEASURING_SEED = 0


class StudiedData:
    """All sentences of a study's data sets.

    Raises:
        DataError, LabelError: data that are missing or malformed, or fewer sentences than the study wants.
    """

    def __init__(self, recipe: StudyRecipe) -> None:
        self.recipe = recipe
        self.whole = {name: self._read(name) for name in recipe.data}

    def sets(self, run: Run) -> Sets:
        """What a run learns from, chooses by and is tested on; its sample is the same for every stack."""
        whole = self.whole[run.data]
        return Sets(self._sample(whole.train, run.size, run.seed), whole.dev, whole.test)

    def views(self, runs: Iterable[Run]) -> list[View]:
        """All that these runs read, each once."""
        samples = {(run.data, run.size, run.seed): self.sets(run) for run in runs}
        found: dict[int, Sentence] = {}
        for sets in samples.values():
            every = (*sets.train, *sets.dev, *(sentence for test in sets.test.values() for sentence in test))
            found |= {id(sentence): sentence for sentence in every}
        return [view_of(sentence) for sentence in found.values()]

    def _read(self, name: str) -> Sets:
        sets = read_sets(self.recipe.recipe_of(name, self.recipe.stacks_of(name)[0], seed=0))
        most = max((size for size in self.recipe.sizes if size != "all"), default=0)
        _check(name, "training", len(sets.train), most, 'The size "all" takes what there are')
        _check(name, "dev", len(sets.dev), self.recipe.dev_sentences or 0, "Lower `dev_sentences`")
        least = min(map(len, sets.test.values()), default=self.recipe.test_sentences or 0)
        _check(name, "test", least, self.recipe.test_sentences or 0, "Lower `test_sentences`")
        tests = {test: _part(found, self.recipe.test_sentences) for test, found in sets.test.items()}
        return Sets(sets.train, _part(sets.dev, self.recipe.dev_sentences), tests)

    @staticmethod
    def _sample(train: list[Sentence], size: str, seed: int) -> list[Sentence]:
        return train if size == "all" else draw(train, int(size), seed)


def _check(name: str, what: str, found: int, wanted: int, fix: str) -> None:
    if wanted > found:
        told = f"has {found:,} {what} sentences, and the study wants {wanted:,}"
        raise DataError(told, where=f"the data set '{name}'", fix=fix)


def _part(sentences: list[Sentence], size: int | None) -> list[Sentence]:
    """The sentences that all runs are measured on."""
    return sentences if size is None else draw(sentences, size, MEASURING_SEED)
