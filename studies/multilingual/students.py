"""One student of many languages from monolingual teachers: without them, and by two objectives. Three seeds.

python studies/multilingual/students.py --task ner            trains what is not there yet
python studies/multilingual/students.py --task ner --report   prints the table

One run's result is one JSON file in runs/multilingual/results; a run whose result is there is not made again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

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
RUNS = ROOT / "runs" / "multilingual"
SEEDS = (1, 2, 3)
EPOCHS = 10
OBJECTIVES: Mapping[str, Sequence[str]] = {
    "posterior": ('distillation.objective="posterior"',),
    "top-k": ('distillation.objective="top-k"', "distillation.k=1"),
}
"""What is learned from teachers, with the k of the paper's configurations (arXiv 2004.03846)."""
FURTHER = " and further"
SETTINGS = ("without", *OBJECTIVES, *(f"{objective}{FURTHER}" for objective in OBJECTIVES))
"""The student alone, with teachers, and with as many sentences again, whose annotation nobody sees."""


@dataclass(frozen=True)
class Corpus:
    """The annotated files of a language, of which every so-many-th training and dev sentence is taken."""

    language: str
    stem: Path
    suffix: str
    every: tuple[int, int] = (1, 1)
    options: str = ""
    """Further keys of a recipe's data source, in TOML."""

    def source(self, part: str) -> str:
        """The source of "train", "dev" or "test" in a recipe, or of "further" training sentences."""
        further = part == "further"
        whole = self.stem.with_name(f"{self.stem.name}-{'train' if further else part}{self.suffix}")
        every = {"dev": self.every[1], "test": 1}.get(part, self.every[0])
        path = thinned(whole, every, first=every // 2 if further else 0)
        return f'{{path = "{path}", name = "{self.language} {part}"{self.options}}}'


@dataclass(frozen=True)
class Task:
    """A layer in several languages, and in further ones that nobody learned."""

    name: str
    corpora: Sequence[Corpus]
    unseen: Sequence[Corpus]

    def data(self, corpora: Sequence[Corpus], unseen: Sequence[Corpus] = ()) -> Iterator[str]:
        """The data of these languages as overrides of a recipe."""
        yield f'data.labels="{self.name}"'
        for part in ("train", "dev"):
            yield f"data.{part}={sources(corpora, part)}"
        yield f"data.test={sources([*corpora, *unseen], 'test')}"

    def teacher(self, corpus: Corpus) -> Path:
        """The folder of a language's teacher, trained if it is not there."""
        folder = RUNS / "teachers" / f"{self.name}-{corpus.language}"
        if not (folder / "manifest.json").exists():
            recipe = load_recipe(HERE / "teacher.toml", list(self.data([corpus])))
            report = search(recipe, folder, resume=is_begun(folder)).report
            print(folder.name, scores_of(report), flush=True)
        return folder


def tasks() -> dict[str, Task]:
    """Entities in six languages of Universal NER, and parts of speech in four of Universal Dependencies."""
    seen = {
        "Portuguese": ("Portuguese-Bosque/pt_bosque", (12, 4)),
        "Danish": ("Danish-DDT/da_ddt", (8, 2)),
        "Croatian": ("Croatian-SET/hr_set", (12, 4)),
        "Slovak": ("Slovak-SNK/sk_snk", (16, 4)),
        "Chinese": ("Chinese-GSD/zh_gsd", (8, 2)),
        "Swedish": ("Swedish-Talbanken/sv_talbanken", (4, 1)),
    }
    unseen = {"English": "English-PUD/en_pud", "German": "German-PUD/de_pud"}
    entities = Task(
        "ner",
        [_entities(language, stem, every) for language, (stem, every) in seen.items()],
        [_entities(language, stem) for language, stem in unseen.items()],
    )
    tagged = {
        "English": ("UD_English-EWT/en_ewt", (24, 8)),
        "Portuguese": ("UD_Portuguese-Bosque/pt_bosque", (16, 4)),
        "French": ("UD_French-Sequoia/fr_sequoia", (4, 2)),
        "Vietnamese": ("UD_Vietnamese-VTB/vi_vtb", (2, 3)),
    }
    strange = {"German": "UD_German-GSD/de_gsd", "Dutch": "UD_Dutch-LassySmall/nl_lassysmall"}
    treebanks = CORPORA / "ud-treebanks"
    tags = Task(
        "upos",
        [Corpus(language, treebanks / f"{stem}-ud", ".conllu", every) for language, (stem, every) in tagged.items()],
        [Corpus(language, treebanks / f"{stem}-ud", ".conllu") for language, stem in strange.items()],
    )
    return {task.name: task for task in (entities, tags)}


def _entities(language: str, stem: str, every: tuple[int, int] = (1, 1)) -> Corpus:
    # Croatian alone has OTH
    types = 'types = { PER = "PER", LOC = "LOC", ORG = "ORG", OTH = "" }'
    columns = f', format = "conll", columns = ["-", "word", "ner", "-", "-"], {types}'
    return Corpus(language, CORPORA / "uner" / f"{stem}-ud", ".iob2", every, columns)


def main() -> None:
    """Train, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=("ner", "upos"), required=True)
    parser.add_argument("--teachers", action="store_true", help="train the teachers alone")
    parser.add_argument("--report", action="store_true", help="train nothing, print the tables as Markdown")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    task = tasks()[chosen.task]
    if chosen.report:
        print("\n".join(table(task)), "", "\n".join(course(task)), sep="\n")
        return
    teachers = [task.teacher(corpus) for corpus in task.corpora]
    if chosen.teachers:
        return
    for seed, setting in product(SEEDS, SETTINGS):
        if not result_of(task, setting, seed).exists():
            measure(task, teachers, setting, seed)


def measure(task: Task, teachers: Sequence[Path], setting: str, seed: int) -> None:
    """One student."""
    overrides = [*task.data(task.corpora, task.unseen), f"seed={seed}", f"learning.epochs={EPOCHS}"]
    path = result_of(task, setting, seed)
    output, began = RUNS / "students" / path.stem, time.process_time()
    if setting == "without":
        report = train(load_recipe(HERE / "student.toml", overrides), output).report
    else:
        overrides += distillation(task, teachers, setting)
        report = distill(load_recipe(HERE / "student.toml", overrides), output).report
    found = {
        "scores": scores_of(report),
        "epochs": [round(100 * epoch.score, 2) for epoch in report.epochs],
        "training seconds": round(sum(epoch.seconds for epoch in report.epochs), 1),
        "seconds": round(time.process_time() - began, 1),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(path) as fresh:
        json.dump(found | {"facts": report.facts}, fresh, indent=1)
    print(output.name, json.dumps(found), flush=True)


def distillation(task: Task, teachers: Sequence[Path], setting: str) -> Iterator[str]:
    """Who teaches what and how, as overrides of the student's recipe."""
    objective, further = setting.removesuffix(FURTHER), setting.endswith(FURTHER)
    parts = ("train", "further") if further else ("train",)
    each = [
        f'{{model = "{folder}", sources = {[f"{corpus.language} {part}" for part in parts]}}}'
        for folder, corpus in zip(teachers, task.corpora, strict=True)
    ]
    yield f"distillation.teachers=[{', '.join(each)}]"
    yield "distillation.baseline=false"
    yield f"distillation.cache={RUNS / 'targets'}"
    yield from OBJECTIVES[objective]
    if further:  # half as many epochs: the same number of steps
        yield f"distillation.unlabelled={sources(task.corpora, 'further')}"
        yield f"learning.epochs={EPOCHS // 2}"


def scores_of(report: Report) -> dict[str, float]:
    """The score of every data set, in points."""
    return {data_set.name: round(100 * overall(data_set), 3) for data_set in report.data_sets}


def result_of(task: Task, setting: str, seed: int) -> Path:
    """Where a run's result is."""
    return RUNS / "results" / f"{task.name}-{setting.replace(' ', '-')}-{seed}.json"


def sources(corpora: Sequence[Corpus], part: str) -> str:
    """The sources of several languages in a recipe."""
    return f"[{', '.join(corpus.source(part) for corpus in corpora)}]"


def thinned(path: Path, every: int, first: int = 0) -> Path:
    """A corpus's `first` sentence and each `every`-th from there, as a file."""
    if every == 1:
        return path
    short = RUNS / "data" / f"{path.stem}-{first}-{every}{path.suffix}"
    if not short.exists():
        sentences = path.read_text(encoding="utf-8").replace("\r\n", "\n").strip().split("\n\n")[first::every]
        short.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(short) as fresh:
            fresh.write("".join(f"{sentence}\n\n" for sentence in sentences))
    return short


def table(task: Task) -> Iterator[str]:
    """Test scores in percent, mean and deviation over seeds; and what teachers brought, seed by seed."""
    runs = {setting: _read(task, setting) for setting in SETTINGS}
    yield f"| {task.name} | teacher | {' | '.join(SETTINGS)} |"
    yield "|---" * (len(SETTINGS) + 2) + "|"
    tests = [f"{corpus.language} test" for corpus in task.corpora]
    teachers = {f"{corpus.language} test": _teacher_score(task, corpus) for corpus in task.corpora}
    unseen = [f"{corpus.language} test" for corpus in task.unseen]
    for title, names in (*((name, [name]) for name in tests), ("mean", tests)):
        taught_by = fmean(teachers[name] for name in names)
        yield f"| {title} | {taught_by:.2f} | {' | '.join(_cell(_means(runs[each], names)) for each in SETTINGS)} |"
    yield f"| gain, seed by seed | | {' | '.join(_cell(_gains(runs, each, tests)) for each in SETTINGS)} |"
    for title, names in (*((f"zero-shot {name}", [name]) for name in unseen), ("zero-shot mean", unseen)):
        yield f"| {title} | | {' | '.join(_cell(_means(runs[each], names)) for each in SETTINGS)} |"
    yield f"| zero-shot gain, seed by seed | | {' | '.join(_cell(_gains(runs, each, unseen)) for each in SETTINGS)} |"


def course(task: Task) -> Iterator[str]:
    """Dev scores in percent after shares of the steps, mean and deviation over seeds: have all learned enough?"""
    yield f"| {task.name}, dev | {' | '.join(SETTINGS)} |"
    yield "|---" * (len(SETTINGS) + 1) + "|"
    runs = {setting: _read(task, setting, "epochs") for setting in SETTINGS}
    for quarter in (1, 2, 3, 4):
        cells = [
            _cell({seed: scores[len(scores) * quarter // 4 - 1] for seed, scores in some.items()})
            for some in runs.values()
        ]
        yield f"| after {25 * quarter} % of the steps | {' | '.join(cells)} |"


Runs = Mapping[int, Mapping[str, float]]
"""Scores by data set, by seed."""


def _read(task: Task, setting: str, what: str = "scores") -> Mapping[int, Any]:
    paths = {seed: result_of(task, setting, seed) for seed in SEEDS}
    return {seed: json.loads(path.read_text())[what] for seed, path in paths.items() if path.exists()}


def _teacher_score(task: Task, corpus: Corpus) -> float:
    path = RUNS / "teachers" / f"{task.name}-{corpus.language}" / "report.json"
    return scores_of(Report.from_json(path.read_text(encoding="utf-8")))[f"{corpus.language} test"]


def _means(runs: Runs, names: Sequence[str]) -> dict[int, float]:
    return {seed: fmean(scores[name] for name in names) for seed, scores in runs.items()}


def _gains(runs: Mapping[str, Runs], setting: str, names: Sequence[str]) -> dict[int, float]:
    before, after = _means(runs["without"], names), _means(runs[setting], names)
    both = before.keys() & after.keys() if setting != "without" else ()
    return {seed: after[seed] - before[seed] for seed in sorted(both)}


def _cell(values: Mapping[int, float]) -> str:
    """Mean and deviation; and how many, if these are not all seeds."""
    if not values:
        return ""
    found = list(values.values())
    spread = f" ± {stdev(found):.2f}" if len(found) > 1 else ""
    return f"{fmean(found):.2f}{spread}" + (
        "" if len(found) == len(SEEDS) else f" ({len(found)} of {len(SEEDS)} seeds)"
    )


if __name__ == "__main__":
    main()
