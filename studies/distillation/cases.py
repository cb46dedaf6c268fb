"""Structural distillation's six cases, each with three seeds: a teacher, a student without it, students with it.

python studies/distillation/cases.py              trains what is not there yet
python studies/distillation/cases.py --report     prints the tables

One run's result is one JSON file in runs/distillation/results; a run whose result is there is not made again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal

import torch

from syntagma.atomic import replace_file
from syntagma.learning.evaluation import overall
from syntagma.learning.report import Report
from syntagma.recipes import load_recipe
from syntagma.recipes.distilling import distill
from syntagma.recipes.run_folder import is_begun
from syntagma.recipes.searching import search
from syntagma.recipes.training import train

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPORA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "distillation"
SEEDS = (1, 2, 3)
TREEBANK = CORPORA / "ud-treebanks" / "UD_English-EWT"
TWEETS = CORPORA / "broad-twitter-corpus"


@dataclass(frozen=True)
class Task:
    """Data that are annotated, sentences of the same kind that are not, and what all are measured on."""

    name: str
    labelled: Path
    further: Path
    text: Sequence[Path]
    """All sentences that there are beside the annotated ones."""
    dev: Path
    test: Path
    student: Path
    teacher: Path

    def data(self, *, annotated: bool = True) -> Iterator[str]:
        """The annotated files as overrides of a recipe; without those to learn from where the student has none."""
        labelled = f'{{path = "{self.labelled}", name = "labelled"}}' if annotated else ""
        yield f"data.train=[{labelled}]"
        yield f'data.dev="{self.dev}"'
        yield f'data.test=[{{path = "{self.test}", name = "test"}}]'


def entities() -> Task:
    """Tweets: all learn from section g, further ones are every second of section f; dev and test are section h."""
    a, b, e, f, g, h = (TWEETS / f"{section}.conll" for section in "abefgh")
    parts = (g, part(f, slice(0, None, 2)), (a, b, e, f), part(h, slice(0, None, 3)), rest(h, 3))
    return Task("ner", *parts, HERE / "ner.toml", HERE / "ner-teacher.toml")


def parsing() -> Task:
    """A fifth of the treebank's training sentences to learn from, a tenth without its trees, a third of dev."""
    train, dev, test = (TREEBANK / f"en_ewt-ud-{section}.conllu" for section in ("train", "dev", "test"))
    annotated, further = part(train, slice(0, None, 5)), part(train, slice(2, None, 10))
    parts = (annotated, further, (rest(train, 5),), part(dev, slice(0, None, 3)), test)
    return Task("parser", *parts, HERE / "parser.toml", HERE / "parser-teacher.toml")


@dataclass(frozen=True)
class Setting:
    """What a student learns from its teacher, and from which sentences."""

    name: str
    objective: str = "structural"
    k: int = 10
    annotated: bool = True
    """The annotated sentences are among them."""
    unannotated: Literal["none", "further", "text"] = "none"

    def overrides(self, task: Task, teacher: Path) -> Iterator[str]:
        """The setting as overrides of a student's recipe."""
        files = {"none": (), "further": (task.further,), "text": task.text}[self.unannotated]
        yield from task.data(annotated=self.annotated)
        # a teacher of named sources is not measured again beside every student
        taught = [*["labelled"] * self.annotated, *[path.stem for path in files]]
        yield f'distillation.teachers=[{{model = "{teacher}", sources = {taught}}}]'
        named = [f'{{path = "{path}", name = "{path.stem}"}}' for path in files]
        yield f"distillation.unlabelled=[{', '.join(named)}]"
        yield f"distillation.objective={self.objective}"
        yield f"distillation.k={self.k}"
        yield "distillation.baseline=false"
        yield f"distillation.cache={RUNS / 'targets'}"


SAME = Setting("labelled")
FURTHER = Setting("unlabelled", unannotated="further")
OBJECTIVES = {
    "structural": SAME,
    "token": Setting("token", "token"),
    "posterior": Setting("posterior", "posterior"),
    "10 best": Setting("top-k", "top-k"),
    "10 best, weighted": Setting("weighted-top-k", "weighted-top-k"),
    "best": Setting("top-1", "top-k", 1),
}
"""The paper's baselines beside the structural objective, of the same sentences."""
TEXT_ALONE = {
    "structural": Setting("text", annotated=False, unannotated="text"),
    "best": Setting("text-top-1", "top-k", 1, annotated=False, unannotated="text"),
}
"""Students without any annotated sentence, as those of the paper's case 3."""


@dataclass(frozen=True)
class Teacher:
    """The model of a task's teaching recipe that has a structure. One seed."""

    task: Task
    structure: str

    @property
    def folder(self) -> Path:
        """Where the model is."""
        return RUNS / "teachers" / f"{self.task.name}-{self.structure}"

    def trained(self) -> Path:
        """The folder, once there is a model in it."""
        if not (self.folder / "manifest.json").exists():
            overrides = [*self.task.data(), f"structure.kind={self.structure}"]
            search(load_recipe(self.task.teacher, overrides), self.folder, resume=is_begun(self.folder))
        return self.folder


@dataclass(frozen=True)
class Case:
    """A teacher and a student that have different structures, or the same."""

    name: str
    title: str
    teacher: Teacher
    structure: str

    @property
    def task(self) -> Task:
        """Its data."""
        return self.teacher.task


def cases() -> list[Case]:
    """The six of the paper (arXiv 2010.05010)."""
    ner, parser = entities(), parsing()
    chain = Teacher(ner, "linear-chain")
    return [
        Case("1a", "CRF to CRF", chain, "linear-chain"),
        Case("1b", "biaffine parser to parsing as labelling", Teacher(parser, "heads"), "heads"),
        Case("2a", "CRF to softmax", chain, "independent"),
        Case("2b", "second-order parser to parsing as labelling", Teacher(parser, "second-order-heads"), "heads"),
        Case("3", "softmax to CRF", Teacher(ner, "independent"), "linear-chain"),
        Case("4", "span recogniser to softmax", Teacher(ner, "segments"), "independent"),
    ]


ALONE = ("3",)
"""Cases with students that have text alone."""
COMPARED = ("1a", "3")
"""Cases in which objectives are compared."""


def runs(every: Sequence[Case]) -> Iterator[tuple[Case, Setting | None, int]]:
    """All students, without teachers (None) or with: what the paper compares first, seeds before cases."""
    rounds: list[tuple[Sequence[Setting | None], Sequence[str]]] = [
        ((None, SAME), [case.name for case in every]),
        ((FURTHER,), [case.name for case in every]),
        (list(TEXT_ALONE.values()), ALONE),
        (list(OBJECTIVES.values()), COMPARED),
    ]
    for settings, names in rounds:
        for seed, case, setting in product(SEEDS, every, settings):
            if case.name in names:
                yield case, setting, seed


def main() -> None:
    """Train, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="runs whose name holds this, for example '-1a-'")
    parser.add_argument("--teachers", action="store_true", help="train the teachers alone")
    parser.add_argument("--report", action="store_true", help="train nothing, print the table as Markdown")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    every = cases()
    if chosen.report:
        print("\n\n".join("\n".join(table) for table in (of_cases(every), of_objectives(every), of_text_alone(every))))
        return
    if chosen.teachers:
        for case in every:
            case.teacher.trained()
        return
    for case, setting, seed in runs(every):
        path = result_of(case, setting, seed)
        if chosen.only in f"-{path.stem}-" and not path.exists():
            measure(case, setting, seed)


def measure(case: Case, setting: Setting | None, seed: int) -> None:
    """One student."""
    own, path = [f"structure.kind={case.structure}", f"seed={seed}"], result_of(case, setting, seed)
    output, began = RUNS / "students" / path.stem, time.process_time()
    if setting is None:
        report = train(load_recipe(case.task.student, [*case.task.data(), *own]), output).report
    else:
        overrides = [*setting.overrides(case.task, case.teacher.trained()), *own]
        report = distill(load_recipe(case.task.student, overrides), output).report
    keep(path, report, time.process_time() - began)


def result_of(case: Case, setting: Setting | None, seed: int) -> Path:
    """Where a run's result is; students without a teacher are shared by the cases that have the same."""
    what = f"{case.task.name}-{case.structure}" if setting is None else f"{case.name}-{setting.name}"
    return RUNS / "results" / f"{what}-{seed}.json"


def keep(path: Path, report: Report, seconds: float) -> None:
    """Keep what the table needs of a report; seconds are those of the processor, new targets among them."""
    dev, test = (100 * overall(data_set) for data_set in report.data_sets)
    found = {"dev": dev, "test": test, "seconds": round(seconds, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as fresh:
        fresh.write(json.dumps(found | {"facts": report.facts}, indent=1))
    print(path.stem, json.dumps(found), flush=True)


def part(whole: Path, chosen: slice) -> Path:
    """Some of a corpus's sentences as a file."""
    path = RUNS / "data" / f"{whole.stem}-{chosen.start}-{chosen.step}{whole.suffix}"
    return written(path, sentences_of(whole)[chosen])


def rest(whole: Path, every: int) -> Path:
    """All sentences but each `every`-th as a file."""
    kept = [sentence for at, sentence in enumerate(sentences_of(whole)) if at % every]
    return written(RUNS / "data" / f"{whole.stem}-rest-{every}{whole.suffix}", kept)


def sentences_of(path: Path) -> list[str]:
    """The blocks of lines between blank ones."""
    return path.read_text(encoding="utf-8").strip().split("\n\n")


def written(path: Path, sentences: Sequence[str]) -> Path:
    """The file, written if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as fresh:
            fresh.write("".join(f"{sentence}\n\n" for sentence in sentences))
    return path


def of_cases(every: Sequence[Case]) -> Iterator[str]:
    """Test scores in percent: teacher, student in each setting, mean and deviation; and gains, seed by seed."""
    yield "| case | teacher | student without | same sentences | gain | and further sentences | gain |"
    yield "|---|---|---|---|---|---|---|"
    for case in every:
        cells = [_teacher_score(case), _cell(list(_scores(case, None).values()))]
        for setting in (SAME, FURTHER):
            cells += [_cell(list(_scores(case, setting).values())), _cell(_gains(case, setting, None), sign="+")]
        yield f"| {case.name}: {case.title} | {' | '.join(cells)} |"


def of_objectives(every: Sequence[Case]) -> Iterator[str]:
    """Gains over the student without a teacher, seed by seed, by what is learned from the same sentences."""
    yield f"| gain in case | {' | '.join(OBJECTIVES)} |"
    yield "|---" * (len(OBJECTIVES) + 1) + "|"
    for case in every:
        if case.name in COMPARED:
            cells = [_cell(_gains(case, setting, None), sign="+") for setting in OBJECTIVES.values()]
            yield f"| {case.name}: {case.title} | {' | '.join(cells)} |"


def of_text_alone(every: Sequence[Case]) -> Iterator[str]:
    """Test scores of students without annotated sentences, and gains over the teacher's best outputs, seed by seed."""
    yield "| case, text alone | teacher | learned from it | score | gain over its best output |"
    yield "|---|---|---|---|---|"
    for case in every:
        for name, setting in TEXT_ALONE.items() if case.name in ALONE else ():
            score, gains = _cell(list(_scores(case, setting).values())), _gains(case, setting, TEXT_ALONE["best"])
            gain = _cell(gains, sign="+") if name != "best" else ""
            yield f"| {case.name}: {case.title} | {_teacher_score(case)} | {name} | {score} | {gain} |"


def _gains(case: Case, setting: Setting, over: Setting | None) -> list[float]:
    """What the setting gains over another, of the seeds that both have."""
    taught, plain = _scores(case, setting), _scores(case, over)
    return [taught[seed] - plain[seed] for seed in taught if seed in plain]


def _scores(case: Case, setting: Setting | None) -> dict[int, float]:
    """Test scores by seed, of those that are there."""
    paths = {seed: result_of(case, setting, seed) for seed in SEEDS}
    return {seed: json.loads(path.read_text())["test"] for seed, path in paths.items() if path.exists()}


def _teacher_score(case: Case) -> str:
    path = case.teacher.folder / "report.json"
    if not path.exists():
        return ""
    return f"{100 * overall(Report.from_json(path.read_text(encoding='utf-8')).data_sets[-1]):.2f}"


def _cell(found: Sequence[float], sign: str = "") -> str:
    if not found:
        return ""
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    some = "" if len(found) == len(SEEDS) else f" ({len(found)} of {len(SEEDS)} seeds)"
    return f"{fmean(found):{sign}.2f}{spread}{some}"


if __name__ == "__main__":
    main()
