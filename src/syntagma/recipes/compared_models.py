"""What is known of each model that a distillation compares: its teachers, the model without them, the model with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from syntagma.learning.distillation.report import Compared, Role, scores_of, speed_of
from syntagma.learning.evaluation import evaluate_tagger
from syntagma.learning.progress import Progress
from syntagma.learning.report import Report
from syntagma.models import Tagger
from syntagma.models.weights import PRECISIONS
from syntagma.recipes.manifest import MANIFEST
from syntagma.recipes.recipe import Recipe
from syntagma.recipes.run_folder import is_begun
from syntagma.recipes.saved_model import WEIGHTS
from syntagma.recipes.teachers import Teacher
from syntagma.recipes.training import Sets, train


def teacher_beside(teacher: Teacher, sets: Sets, layers: Sequence[str]) -> Compared:
    """A teacher, measured on dev and test data; one that teaches named sources only on those of the test data."""
    tests = {name: sentences for name, sentences in sets.test.items() if teacher.teaches(name)}
    data = tests if teacher.sources is not None else {"dev": sets.dev, **tests}
    measured = [evaluate_tagger(teacher.tagger, sentences, name=name) for name, sentences in data.items()]
    return Compared(
        teacher.name,
        "teacher",
        sum(parameter.numel() for parameter in teacher.tagger.parameters()),
        (teacher.folder / WEIGHTS).stat().st_size,
        scores_of(measured, layers),
        speed_of(measured),
    )


def trained_without(recipe: Recipe, folder: Path, progress: Progress, layers: Sequence[str]) -> Compared:
    """The recipe's model trained without teachers; an interrupted training goes on, a finished one is read."""
    alone = recipe.model_copy(update={"distillation": None}).located(recipe.folder)
    if (folder / MANIFEST).exists():
        report = Report.from_json((folder / "report.json").read_text(encoding="utf-8"))
    else:
        report = train(alone, folder, resume=is_begun(folder), progress=progress).report
    return _trained(recipe, "without teachers", (folder / WEIGHTS).stat().st_size, report, layers)


def taught(recipe: Recipe, tagger: Tagger, report: Report, layers: Sequence[str]) -> Compared:
    """The recipe's model as its teachers made it, before it is saved."""
    width = PRECISIONS[recipe.weights].itemsize
    tensors = tagger.state_dict().values()
    size = sum(each.numel() * (width if each.is_floating_point() else each.element_size()) for each in tensors)
    return _trained(recipe, "with teachers", size, report, layers)


def _trained(recipe: Recipe, role: Role, size: int, report: Report, layers: Sequence[str]) -> Compared:
    seconds = sum(epoch.seconds for epoch in report.epochs)
    return Compared(
        recipe.name,
        role,
        int(report.facts["parameters"]),
        size,
        scores_of(report.data_sets, layers),
        speed_of(report.data_sets),
        sum(epoch.words for epoch in report.epochs) / seconds if seconds else None,
    )
