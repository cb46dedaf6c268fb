"""Who teaches which sentences what: the targets of each group of teachers on disk, and the lessons made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from syntagma.encoders.cache import DiskLimit
from syntagma.encoders.cache_folder import cache_folder
from syntagma.errors import StructureError
from syntagma.learning.distillation import Course, Lesson, Preparation, Targets, TargetStore, fill, sentence_key
from syntagma.learning.distillation.records import Form
from syntagma.models import Tagger
from syntagma.recipes.datasets import resolve
from syntagma.recipes.objectives import build_objectives, identity_of
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.taught_data import Taught
from syntagma.recipes.teachers import Teacher, taught_layers
from syntagma.recipes.vocabularies import Vocabularies
from syntagma.text.document import Sentence


class Curriculum:
    """Who teaches which sentences what, the targets kept on disk.

    Raises:
        StructureError: a teacher and the student have structures that the objective cannot compare.
        LabelError: a teacher has labels that the student lacks.
    """

    def __init__(
        self,
        recipe: Recipe,
        taught: Sequence[Taught],
        teachers: Sequence[Teacher],
        vocabularies: Vocabularies,
        student: Tagger,
    ) -> None:
        assert recipe.distillation is not None
        self.settings = recipe.distillation
        self.recipe, self.taught = recipe, taught
        self.folder = resolve(self.settings.cache, recipe.folder) if self.settings.cache else cache_folder() / "targets"
        self._limit = DiskLimit(most=round(1e9 * self.settings.cache_gigabytes))
        self.objectives = build_objectives(self.settings)
        self.forms: dict[tuple[str, int], Form] = {}
        self._courses: dict[tuple[int, ...], Course] = {}
        self._preparations: dict[tuple[int, ...], Preparation] = {}
        self._scopes = [teacher.sources for teacher in teachers]
        for one in taught:
            group = self._group(one)
            if group and group not in self._courses:
                chosen = [teachers[at] for at in group]
                self._courses[group], self._preparations[group] = self._course(
                    chosen, vocabularies, student, one.sentences[:1]
                )

    def _course(
        self, teachers: Sequence[Teacher], vocabularies: Vocabularies, student: Tagger, example: Sequence[Sentence]
    ) -> tuple[Course, Preparation]:
        layers = taught_layers(self.recipe, teachers)
        device = next(student.parameters()).device
        for teacher in teachers:
            teacher.tagger.to(device)
        preparation = Preparation(
            [teacher.tagger for teacher in teachers], student.eval(), dict.fromkeys(layers, self.objectives)
        )
        self.forms |= self._forms(preparation, example)  # what cannot be compared is told before any work
        identity = identity_of(self.recipe, vocabularies, [teacher.digest for teacher in teachers], layers)
        store = TargetStore(self.folder, identity, 2 * len(preparation.lists))
        return Course(store, preparation.lists), preparation

    def _forms(self, preparation: Preparation, example: Sequence[Sentence]) -> dict[tuple[str, int], Form]:
        try:
            return preparation.records(example)[1]
        except StructureError as error:
            raise StructureError(
                f"the objective '{self.settings.objective}' cannot compare the teachers with this model: {error.found}",
                fix=f"{error.fix}; or choose another `objective` or `structure`",
            ) from None

    @property
    def layers(self) -> list[str]:
        """All that is taught."""
        return list(dict.fromkeys(layer for layer, _ in self.forms))

    @property
    def targets(self) -> Targets:
        """Reads the targets of lessons."""
        return Targets(self.forms)

    def check_room(self) -> None:
        """Raises OutputError if nothing can be added to the cache; how much targets take is not known before."""
        self._limit.check(self.folder, 0)

    def fill(self, progress: Callable[[int, int], None], waiting: Callable[[str], None]) -> None:
        """Compute the targets that are lacking; `progress` hears of words done and in all, a group after another."""
        for group, preparation in self._preparations.items():
            sentences = [s for one in self.taught if self._group(one) == group for s in one.sentences]
            fill(
                self._courses[group].store,
                preparation,
                sentences,
                limit=self._limit,
                progress=progress,
                waiting=waiting,
            )

    def dismiss(self) -> None:
        """Let the teachers go: they are large, and have said all."""
        self._preparations.clear()

    def lessons(self) -> Iterator[Lesson]:
        """Every sentence with its targets."""
        for one in self.taught:
            group = self._group(one)
            course = self._courses[group] if group else None
            for sentence in one.sentences:
                key = sentence_key(sentence) if course else b""
                yield Lesson(sentence, _layers_of(sentence, self.recipe), course, key)

    @property
    def bytes(self) -> int:
        """What all targets of these teachers take on disk."""
        return sum(course.store.files.bytes for course in self._courses.values())

    @property
    def seconds(self) -> float:
        """How long the teachers took for them."""
        return sum(course.store.files.seconds for course in self._courses.values())

    def _group(self, one: Taught) -> tuple[int, ...]:
        """Which of the teachers teach a source."""
        return tuple(at for at, sources in enumerate(self._scopes) if sources is None or one.source in sources)


def _layers_of(sentence: Sentence, recipe: Recipe) -> frozenset[str]:
    """The layers that a sentence is annotated in."""
    return frozenset(name for name in recipe.data.labels if sentence.has(name))
