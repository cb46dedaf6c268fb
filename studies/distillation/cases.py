"""Structural distillation's six cases, each with three seeds: a teacher, a student without it, a student with it.

python studies/distillation/cases.py              trains what is not there yet
python studies/distillation/cases.py --report     prints the table

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

import torch

from syntagma.atomic import replace_file
from syntagma.learning.evaluation import overall
from syntagma.learning.report import Report
from syntagma.recipes import load_recipe
from syntagma.recipes.distilling import distill
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
    """Data that are annotated, further sentences of the same kind, and what students and teachers are measured on."""

    name: str
    labelled: Path
    unlabelled: Path
    dev: Path
    test: Path
    student: Path
    teacher: Path

    def data(self) -> Iterator[str]:
        """The annotated files as overrides of a recipe."""
        yield f'data.train=[{{path = "{self.labelled}", name = "labelled"}}]'
        yield f'data.dev="{self.dev}"'
        yield f'data.test=[{{path = "{self.test}", name = "test"}}]'

    def further(self) -> str:
        """The unlabelled file as an override, of which only the words are read."""
        return f'distillation.unlabelled=[{{path = "{self.unlabelled}", name = "unlabelled"}}]'


def entities() -> Task:
    """Tweets: all learn from section g, further ones are every second of section f; dev and test are section h."""
    g, f, h = (TWEETS / f"{section}.conll" for section in "gfh")
    parts = (g, part(f, slice(0, None, 2)), part(h, slice(0, None, 3)), rest(h, 3))
    return Task("ner", *parts, HERE / "ner.toml", HERE / "ner-teacher.toml")


def parsing() -> Task:
    """A fifth of the treebank's training sentences to learn from, a tenth without its trees, a third of dev."""
    train, dev, test = (TREEBANK / f"en_ewt-ud-{section}.conllu" for section in ("train", "dev", "test"))
    parts = (part(train, slice(0, None, 5)), part(train, slice(2, None, 10)), part(dev, slice(0, None, 3)), test)
    return Task("parser", *parts, HERE / "parser.toml", HERE / "parser-teacher.toml")


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
            begun = self.folder.with_suffix(".run").exists()
            search(load_recipe(self.task.teacher, overrides), self.folder, resume=begun)
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


SETTINGS = ("without", "labelled", "unlabelled")
"""The student alone; with its teacher on the same sentences; and on further ones."""


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
        print("\n".join(table(every)))
        return
    if chosen.teachers:
        for case in every:
            case.teacher.trained()
        return
    # what the paper compares comes first, seeds before cases: what is there is of all cases
    for settings in (SETTINGS[:2], SETTINGS[2:]):
        for seed, case, setting in product(SEEDS, every, settings):
            if chosen.only in f"-{case.name}-{setting}-{seed}-" and not result_of(case, setting, seed).exists():
                measure(case, setting, seed)


def measure(case: Case, setting: str, seed: int) -> None:
    """One student."""
    overrides = [*case.task.data(), f"structure.kind={case.structure}", f"seed={seed}"]
    output = RUNS / "students" / result_of(case, setting, seed).stem
    began = time.process_time()
    if setting == "without":
        report = train(load_recipe(case.task.student, overrides), output).report
    else:
        taught = ["labelled"] if setting == "labelled" else ["labelled", "unlabelled"]
        # a teacher of named sources is not measured again beside every student
        overrides.append(f'distillation.teachers=[{{model = "{case.teacher.trained()}", sources = {taught}}}]')
        overrides += ["distillation.baseline=false", f"distillation.cache={RUNS / 'targets'}"]
        if setting == "unlabelled":
            overrides.append(case.task.further())
        report = distill(load_recipe(case.task.student, overrides), output).report
    keep(result_of(case, setting, seed), report, time.process_time() - began)


def result_of(case: Case, setting: str, seed: int) -> Path:
    """Where a run's result is; students without a teacher are shared by the cases that have the same."""
    what = f"{case.task.name}-{case.structure}" if setting == "without" else f"{case.name}-{setting}"
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


def table(every: Sequence[Case]) -> Iterator[str]:
    """Test scores in percent: teacher, student in each setting, mean and deviation; and gains, seed by seed."""
    yield "| case | teacher | student without | same sentences | gain | and further sentences | gain |"
    yield "|---|---|---|---|---|---|---|"
    for case in every:
        plain = _scores(case, "without")
        cells = [_teacher_score(case), _cell(list(plain.values()))]
        for setting in SETTINGS[1:]:
            taught = _scores(case, setting)
            gains = [taught[seed] - plain[seed] for seed in taught if seed in plain]
            cells += [_cell(list(taught.values())), _cell(gains, sign="+")]
        yield f"| {case.name}: {case.title} | {' | '.join(cells)} |"


def _scores(case: Case, setting: str) -> dict[int, float]:
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
    return f"{fmean(found):{sign}.2f}{spread}" + ("" if len(found) == len(SEEDS) else f" ({len(found)} seeds)")


if __name__ == "__main__":
    main()
