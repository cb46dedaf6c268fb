"""Structural distillation's six cases, each with three seeds: a teacher, a student without it, a student with it.

python studies/distillation/cases.py              trains what is not there yet
python studies/distillation/cases.py --report     prints the table

One run's result is one JSON file in runs/distillation/results; a run whose result is there is not made again.
"""

from __future__ import annotations

import argparse
import json
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
from syntagma.recipes.training import train

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPORA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "distillation"
SEEDS = (1, 2, 3)
TREEBANK = CORPORA / "ud-treebanks" / "UD_English-EWT" / "en_ewt-ud-train.conllu"
TWEETS = CORPORA / "broad-twitter-corpus" / "f.conll"
LABELLED, TAUGHT = 2000, 4000
"""Sentences of the treebank that the parsing students see with their trees, and that their teachers learned from."""
UNLABELLED_TREES, UNLABELLED_TWEETS = 2000, 2000
"""Sentences that the teachers alone say anything of."""


@dataclass(frozen=True)
class Teacher:
    """A recipe and what is changed in it."""

    name: str
    recipe: Path
    overrides: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Where the model is."""
        return RUNS / "teachers" / self.name

    def trained(self) -> Path:
        """The folder, once there is a model in it."""
        if not (self.folder / "manifest.json").exists():
            train(
                load_recipe(self.recipe, self.overrides), self.folder, resume=self.folder.with_suffix(".run").exists()
            )
        return self.folder


WNUT, EWT = ROOT / "studies" / "wnut17" / "minilm-crf.toml", ROOT / "studies" / "parsing" / "ewt-minilm.toml"
TWO_LAYERS = ("data.labels=dependencies", "learning.epochs=3")
CRF = Teacher("wnut-crf", WNUT)
SOFTMAX = Teacher("wnut-softmax", WNUT, ("structure.kind=independent",))
SEGMENTS = Teacher("wnut-segments", WNUT, ("structure.kind=segments",))


def parser_teacher(name: str, structure: str) -> Teacher:
    """A parser on tuned MiniLM, from a part of the treebank."""
    data = f"data.train={part_of_treebank(0, TAUGHT)}"
    return Teacher(name, EWT, (*TWO_LAYERS, data, f"structure.kind={structure}"))


@dataclass(frozen=True)
class Case:
    """A teacher and a student that have different structures, or the same."""

    name: str
    title: str
    teacher: Teacher
    student: Path
    structure: str

    def overrides(self) -> Iterator[str]:
        """What the student's recipe becomes."""
        yield f"structure.kind={self.structure}"
        if self.student.stem == "parser":
            yield f"data.train={part_of_treebank(0, LABELLED)}"

    def unlabelled(self) -> str:
        """Further text as an override of the recipe."""
        if self.student.stem == "parser":
            return f"distillation.unlabelled={part_of_treebank(LABELLED, UNLABELLED_TREES)}"
        tweets = part_of_tweets(UNLABELLED_TWEETS)
        return f'distillation.unlabelled=[{{path = "{tweets}", format = "conll", columns = ["word", "-"]}}]'


def cases() -> list[Case]:
    """The six of the paper (arXiv 2010.05010)."""
    ner, parser = HERE / "ner.toml", HERE / "parser.toml"
    biaffine = parser_teacher("ewt-heads", "heads")
    second = parser_teacher("ewt-second-order", "second-order-heads")
    return [
        Case("1a", "CRF to CRF", CRF, ner, "linear-chain"),
        Case("1b", "biaffine parser to parsing as labelling", biaffine, parser, "heads"),
        Case("2a", "CRF to softmax", CRF, ner, "independent"),
        Case("2b", "second-order parser to parsing as labelling", second, parser, "heads"),
        Case("3", "softmax to CRF", SOFTMAX, ner, "linear-chain"),
        Case("4", "span recogniser to softmax", SEGMENTS, ner, "independent"),
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
    for seed, case, setting in product(SEEDS, every, SETTINGS):  # seeds outermost: what is there is of all cases
        if chosen.only in f"-{case.name}-{setting}-{seed}-" and not result_of(case, setting, seed).exists():
            measure(case, setting, seed)


def measure(case: Case, setting: str, seed: int) -> None:
    """One student."""
    overrides = [*case.overrides(), f"seed={seed}"]
    output = RUNS / "students" / result_of(case, setting, seed).stem
    if setting == "without":
        report = train(load_recipe(case.student, overrides), output).report
    else:
        overrides += [f'distillation.teachers=["{case.teacher.trained()}"]', "distillation.baseline=false"]
        overrides += [f"distillation.cache={RUNS / 'targets'}"]
        if setting == "unlabelled":
            overrides.append(case.unlabelled())
        report = distill(load_recipe(case.student, overrides), output).report
    keep(result_of(case, setting, seed), report)


def result_of(case: Case, setting: str, seed: int) -> Path:
    """Where a run's result is; students without a teacher are shared by the cases that have the same."""
    what = f"{case.student.stem}-{case.structure}" if setting == "without" else f"{case.name}-{setting}"
    return RUNS / "results" / f"{what}-{seed}.json"


def keep(path: Path, report: Report) -> None:
    """Keep what the table needs of a report."""
    dev, test = (100 * overall(data_set) for data_set in report.data_sets)
    with replace_file(path) as fresh:
        fresh.write_text(json.dumps({"dev": dev, "test": test, "facts": report.facts}, indent=1), encoding="utf-8")


def part_of_treebank(first: int, count: int) -> Path:
    """A run of the treebank's sentences as a file."""
    path = RUNS / "data" / f"ewt-{first}-{count}.conllu"
    blocks = TREEBANK.read_text(encoding="utf-8").strip().split("\n\n")[first : first + count]
    return written(path, "".join(block + "\n\n" for block in blocks))


def part_of_tweets(count: int) -> Path:
    """The first tweets of the corpus as a file."""
    blocks = TWEETS.read_text(encoding="utf-8").strip().split("\n\n")[:count]
    return written(RUNS / "data" / f"tweets-{count}.conll", "".join(block + "\n\n" for block in blocks))


def written(path: Path, text: str) -> Path:
    """The file, written if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(path) as fresh:
            fresh.write_text(text, encoding="utf-8")
    return path


def table(every: Sequence[Case]) -> Iterator[str]:
    """Test scores in percent: teacher, and the student in each setting as mean and standard deviation."""
    yield "| case | teacher | student without | with, same sentences | with, further sentences |"
    yield "|---|---|---|---|---|"
    for case in every:
        taught_by = json.loads((case.teacher.folder / "report.json").read_text())["data_sets"][-1]["layers"][0]
        cells = [_cell([result_of(case, setting, seed) for seed in SEEDS]) for setting in SETTINGS]
        yield f"| {case.name}: {case.title} | {_headline(taught_by):.2f} | {' | '.join(cells)} |"


def _headline(layer: dict[str, dict[str, float]]) -> float:
    scores = layer["scores"]
    return 100 * (scores["las"] if "las" in scores else scores["micro"]["f1"])  # type: ignore[index]


def _cell(paths: Sequence[Path]) -> str:
    found = [json.loads(path.read_text())["test"] for path in paths if path.exists()]
    if not found:
        return ""
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    return f"{fmean(found):.2f}{spread}" + ("" if len(found) == len(paths) else f" ({len(found)} seeds)")


if __name__ == "__main__":
    main()
