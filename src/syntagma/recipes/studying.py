"""study(): from a recipe of a study to the records of its runs and a report of what helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tomli_w
import torch

from syntagma.atomic import make_folder, replace_file
from syntagma.errors import RecipeError
from syntagma.learning.studies.progress import SilentStudyProgress, StudyProgress
from syntagma.learning.studies.record import Record
from syntagma.learning.studies.report import StudyReport
from syntagma.learning.studies.results import Results
from syntagma.learning.studies.web_page import render_study
from syntagma.recipes.studied_data import StudiedData
from syntagma.recipes.studied_runs import RECORDS, StudiedRuns
from syntagma.recipes.study import StudyRecipe


@dataclass(frozen=True, slots=True)
class StudyResult:
    """A study that is done: its folder and its report."""

    folder: Path
    report: StudyReport


def study(
    recipe: StudyRecipe, output: Path | None = None, *, resume: bool = False, progress: StudyProgress | None = None
) -> StudyResult:
    """Do every run of the study that is not done yet, and write the report to the folder `output` (`runs/<name>`).

    A run that is done has a record there and is not done again, with `resume` or without; with `resume` there must be
    one. No model is kept.

    Raises:
        SyntagmaError: a recipe, data, an encoder, the cache or an output that cannot be used, before any run; or runs
            that were done with something else than the recipe now says.
        KeyboardInterrupt: the user stopped the study; the same call goes on.
    """
    told = progress or SilentStudyProgress()
    folder = output or recipe.place
    if resume and not (folder / RECORDS).is_dir():
        raise RecipeError("there is no study to resume", where=str(folder), fix="Leave out --resume")
    runs = StudiedRuns(recipe, StudiedData(recipe), folder)
    records = runs.done()
    left = [run for run in runs.planned if run not in records]
    make_folder(folder / RECORDS)
    told.plan(len(runs.planned), len(records))
    runs.prepare(left, told)
    with told:
        for run in left:
            told.begin(run)
            records[run] = runs.do(run, told)
            told.end(records[run])
    report = _report(recipe, [records[run] for run in runs.planned])
    _write(recipe, report, folder)
    return StudyResult(folder, report)


def _report(recipe: StudyRecipe, records: list[Record]) -> StudyReport:
    results = Results(recipe.compared(), [str(size) for size in recipe.sizes], records)
    facts: dict[str, str | int | float] = {
        "runs": len(records),
        "seeds": ", ".join(map(str, recipe.seeds)),
        "scores": _measured_on(records),
        "minutes of training": round(sum(record.seconds for record in records) / 60, 1),
        "threads": torch.get_num_threads(),
        "device": "cuda" if torch.cuda.is_available() else "cpu",
    }
    return StudyReport.of(recipe.name, results, facts)


def _measured_on(records: Iterable[Record]) -> str:
    tested: dict[str, bool] = {record.run.data: bool(record.test) for record in records}
    untested = sorted(name for name, one in tested.items() if not one)
    if not untested:
        return "on the test data"
    chosen = "on the dev data, by which the epochs were chosen"
    if len(untested) == len(tested):
        return f"{chosen}, for there are no test data"
    return f"on the test data; of {', '.join(untested)}, which have none, {chosen}"


def _write(recipe: StudyRecipe, report: StudyReport, folder: Path) -> None:
    texts = {
        "study.json": report.to_json(),
        "study.html": render_study(report),
        "study.toml": tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True)),
    }
    for name, text in texts.items():
        with replace_file(folder / name) as stream:
            stream.write(text)
