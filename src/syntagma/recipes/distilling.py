"""distill(): from a recipe with teachers to a saved model, and what it gained by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from syntagma.errors import ModelError, RecipeError
from syntagma.learning.distillation import Lesson, Student, lost_share
from syntagma.learning.distillation.progress import DistillationProgress, SilentDistillationProgress
from syntagma.learning.distillation.report import Compared, DistillationReport
from syntagma.learning.distillation.terminal import findings
from syntagma.learning.distillation.web_page import render_distillation
from syntagma.learning.history import History
from syntagma.learning.objectives import Average
from syntagma.learning.progress import Progress
from syntagma.learning.report import Report, render_html
from syntagma.recipes.classroom import Classroom, open_classroom
from syntagma.recipes.compared_models import taught, teacher_beside, trained_without
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.model_card import model_card
from syntagma.recipes.objectives import build_interpolation
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.run_folder import RunFolder
from syntagma.recipes.saved_model import save_model
from syntagma.recipes.teachers import Find, teacher_folders
from syntagma.recipes.training import dev_scores, files_of, measured, trainer

PLAIN = "plain"
"""Where a run keeps the model without teachers until it is compared."""


@dataclass(frozen=True, slots=True)
class DistillationResult:
    """A finished distillation: the model's folder, its scores, and those beside it."""

    folder: Path
    report: Report
    distillation: DistillationReport


def by_folder(name: str) -> Path:
    """Models are found by their folder alone. Raises ModelError."""
    raise ModelError(f"there is no model folder '{name}'", fix="Give a folder written by `syntagma train`")


def distill(
    recipe: Recipe,
    output: Path | None = None,
    *,
    resume: bool = False,
    find: Find = by_folder,
    progress: DistillationProgress | None = None,
) -> DistillationResult:
    """Train what the recipe describes with its teachers, and save it as the folder `output` (by default `runs/<name>`).

    Beside its own report it has that of the distillation: `distillation.json` and `distillation.html`. What teachers
    say is computed once and kept in a cache. With `resume`, an interrupted run goes on. `find` gives the folders of
    teachers that are not named by theirs.

    Raises:
        SyntagmaError: teachers, data, recipe, cache or output that cannot be used; mostly before anything is done.
        KeyboardInterrupt: the user stopped the run; it can be resumed.
    """
    settings = recipe.distillation
    if settings is None:
        raise RecipeError("the recipe names no teachers", fix='Add a table: [distillation] teachers = ["models/large"]')
    told = progress or SilentDistillationProgress()
    folders = teacher_folders(settings, recipe.folder, find)
    run = RunFolder(output or recipe.place, "distill", recipe, _files(recipe, folders))
    run.check(resume=resume)
    room = open_classroom(recipe, folders, begun=resume and run.has_checkpoint)
    room.curriculum.check_room()
    run.begin(resume=resume)
    room.curriculum.fill(told.targets, told.waiting)
    compared = [teacher_beside(teacher, room.sets, room.curriculum.layers) for teacher in room.teachers]
    room.curriculum.dismiss()
    room.teachers.clear()
    if settings.baseline and recipe.data.train:
        shown = told.training("without teachers")
        compared.append(trained_without(recipe, run.path / PLAIN, shown, room.curriculum.layers))
    lessons = list(room.curriculum.lessons())
    history = _train(room, lessons, run.path, told.training("with teachers"), resume=resume)
    report = measured(recipe, room.tagger, replace(room.sets, train=[one.sentence for one in lessons]), history)
    compared.append(taught(recipe, room.tagger, report, room.curriculum.layers))
    found = _report(room, compared, history, lessons)
    _save(room, run.output, report, found)
    run.close()
    return DistillationResult(run.output, report, found)


def _files(recipe: Recipe, teachers: Sequence[Path]) -> Iterator[str]:
    """All that the run reads."""
    assert recipe.distillation is not None
    yield from files_of(recipe)
    yield from (source.path for source in recipe.distillation.unlabelled)
    yield from (str((folder / MANIFEST).resolve()) for folder in teachers)


def _train(room: Classroom, lessons: Sequence[Lesson], folder: Path, progress: Progress, *, resume: bool) -> History:
    """Fit the model to its lessons; it ends with its best weights."""
    recipe, curriculum = room.recipe, room.curriculum
    student = Student(
        room.tagger,
        dict.fromkeys(curriculum.layers, Average(curriculum.objectives)),
        curriculum.targets,
        interpolation=build_interpolation(curriculum.settings),
    ).to(next(room.tagger.parameters()).device)
    lengths = [len(lesson.sentence.tokens) for lesson in lessons]
    scores = dev_scores(room.tagger, room.sets.dev, recipe.learning.select)
    training = trainer(recipe, student, lessons, lengths, scores, folder, progress)
    student.steps = training.epochs * len(training.batches)
    return training.run(resume=resume)


def _report(
    room: Classroom, compared: Sequence[Compared], history: History, lessons: Sequence[Lesson]
) -> DistillationReport:
    settings, curriculum = room.curriculum.settings, room.curriculum
    interpolation, epochs = build_interpolation(settings), room.recipe.learning.epochs
    facts: dict[str, str | int | float] = {
        "layers taught": ", ".join(curriculum.layers),
        "sentences": len(lessons),
        "annotated sentences": sum(bool(lesson.annotated) for lesson in lessons),
        "temperature": f"{settings.temperature:g} ({settings.temperature_kind})",
        "lambda": f"{settings.interpolation:g} - {settings.tau:g} * progress, from batch to batch",
        "targets": f"{curriculum.bytes / 1e6:.1f} MB, {curriculum.seconds:.0f} s of the teachers' time",
    }
    if "top-k" in settings.objective:
        facts["k"] = settings.k
    shares = [interpolation.at(epoch.number / epochs) for epoch in history.epochs]
    return DistillationReport(room.recipe.name, settings.objective, compared, shares, lost_share(lessons), facts)


def _save(room: Classroom, output: Path, report: Report, found: DistillationReport) -> None:
    teachers = ", ".join(f"`{model.name}`" for model in found.models if model.role == "teacher")
    made = (
        f"`syntagma distill` with the `recipe.toml` in this folder, seed {room.recipe.seed}: taught by {teachers} by "
        f"the objective '{found.objective}'. {' '.join(findings(found))} The comparison is in `distillation.html`."
    )
    save_model(
        output,
        room.recipe,
        room.tagger,
        room.vocabularies,
        card=model_card(room.recipe, report, made=made, unlabelled=room.curriculum.settings.unlabelled),
        reports={
            "report.json": report.to_json(),
            "report.html": render_html(report),
            "distillation.json": found.to_json(),
            "distillation.html": render_distillation(found),
        },
    )
