"""Is a learned search for encoders better than chance, than all of them, than climbing? Two tasks, three seeds.

python studies/embeddings/compare.py              makes the searches that are not there yet, each in its own process
python studies/embeddings/compare.py --report     prints the tables
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "embeddings"
STRATEGIES = ("ace", "random", "greedy", "all")
SEEDS = (1, 2, 3)
PUBLISHED = "| published: 9 to 14 candidates, one V100 | | 2,880 to 5,760 | 40,000 to 400,000 | 115,000 | |"
"""2 to 4 days, 40 to 60 GB for CoNLL-03, about 400 GB for 3.5 million words (issue 55 of Alibaba-NLP/ACE)."""


@dataclass(frozen=True)
class Corpus:
    """The files of a data set."""

    folder: str
    stem: str
    suffix: str
    options: str = ""
    """Further keys of a recipe's data source, in TOML."""

    def data(self, every: tuple[int, int, int]) -> Iterator[str]:
        """Each so-many-th sentence of the training, dev and test file, as overrides of a recipe."""
        for part, step in zip(("train", "dev", "test"), every, strict=True):
            whole = CORPORA / self.folder / f"{self.stem}-{part}{self.suffix}"
            yield f'data.{part}=[{{path = "{thinned(whole, step)}"{self.options}}}]'


@dataclass(frozen=True)
class Task:
    """A recipe, how much of its data is taken, and what is tried there."""

    name: str
    recipe: str
    corpus: Corpus
    every: tuple[int, int, int] = (1, 1, 1)
    strategies: Sequence[str] = STRATEGIES
    seeds: Sequence[int] = SEEDS


DANISH = Corpus("uner/Danish-DDT", "da_ddt-ud", ".iob2", ', format = "conll", columns = ["-", "word", "ner", "-", "-"]')
ENGLISH = Corpus("ud-treebanks/UD_English-EWT", "en_ewt-ud", ".conllu")
TASKS = (
    Task("danish-ner", "danish-ner", DANISH),
    Task("english-upos", "english-upos", ENGLISH, (8, 2, 2)),
    Task("english-upos-whole", "english-upos", ENGLISH, strategies=("ace",), seeds=(1,)),
)


@dataclass(frozen=True)
class Run:
    """A search: a task, a strategy and a seed."""

    task: Task
    strategy: str
    seed: int

    @property
    def name(self) -> str:
        """As its files are called."""
        return f"{self.task.name}-{self.strategy}-{self.seed}"

    @property
    def is_wanted(self) -> bool:
        """Whether the study has this strategy and seed for this task."""
        return self.strategy in self.task.strategies and self.seed in self.task.seeds

    @property
    def result(self) -> Path:
        """Where its result is kept."""
        return RUNS / "results" / f"{self.name}.json"


def main() -> None:
    """Make the searches, or print what they found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="searches whose name holds this, for example 'danish' or '-ace-'")
    parser.add_argument("--report", action="store_true", help="search nothing, print the tables as Markdown")
    chosen = parser.parse_args()
    # seeds outermost: a study that is stopped early has every strategy and task
    every = (Run(task, strategy, seed) for seed, task, strategy in product(SEEDS, TASKS, STRATEGIES))
    runs = [run for run in every if run.is_wanted and chosen.only in f"{run.name}-"]
    if chosen.report:
        print("\n".join(tables(runs)))
        return
    for run in runs:
        if not run.result.exists():
            measure(run)


def measure(run: Run) -> None:
    """Search by the command line, on one thread, and keep what matters of the reports."""
    output = RUNS / "searches" / run.name
    task = run.task
    overrides = [
        *task.corpus.data(task.every),
        f"seed={run.seed}",
        f"name={run.name}",
        f"search.strategy={run.strategy}",
    ]
    recipe = ROOT / "studies" / "embeddings" / f"{task.recipe}.toml"
    program = Path(sys.executable).with_name("syntagma")
    command = [str(program), "search", str(recipe), "--output", str(output)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(
        [*command, *(part for one in overrides for part in ("--set", one))],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "run": run.name,
        "wall_minutes": round((time.monotonic() - began) / 60, 2),
        "cpu_minutes": round((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 60, 2),
    }
    run.result.parent.mkdir(parents=True, exist_ok=True)
    run.result.write_text(json.dumps(found | kept(output), indent=1), encoding="utf-8")
    print(json.dumps(found), flush=True)
    if run.seed != 1:
        shutil.rmtree(output)


def kept(output: Path) -> dict[str, Any]:
    """What the tables need of a search's two reports."""
    search = json.loads((output / "search.json").read_text(encoding="utf-8"))
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    cached = [one for one in search["candidates"] if one["cached"]]
    return {
        "dev": round(search["score"], 3),
        "test": round(100 * score(report["data_sets"][1]["layers"][0]), 3),
        "chosen": search["chosen"],
        "gains": search["gains"],
        "beliefs": search["episodes"][-1]["beliefs"],
        "episodes": len(search["episodes"]),
        "megabytes": search["facts"]["peak memory, MB"],
        "bytes_a_token": sum(one["bytes"] / one["words"] for one in cached),
        "cache_ms_a_token": sum(1000 * one["seconds"] / one["words"] for one in cached),
    }


def score(layer: dict[str, Any]) -> float:
    """Micro F1 of spans, accuracy of tags."""
    scores = layer["scores"]
    return float(scores["micro"]["f1"] if layer["kind"] == "spans" else scores["accuracy"])


def thinned(path: Path, every: int) -> Path:
    """A copy of a corpus with its first sentence and each `every`-th from there."""
    if every == 1:
        return path
    short = RUNS / "data" / f"{path.stem}-{every}{path.suffix}"
    if not short.exists():
        sentences = path.read_text(encoding="utf-8").replace("\r\n", "\n").strip("\n").split("\n\n")[::every]
        short.parent.mkdir(parents=True, exist_ok=True)
        short.write_text("".join(f"{sentence}\n\n" for sentence in sentences), encoding="utf-8")
    return short


def tables(runs: Sequence[Run]) -> Iterator[str]:
    """Give Markdown: scores of each strategy, what each search kept, and what it cost."""
    found = {run: json.loads(run.result.read_text(encoding="utf-8")) for run in runs if run.result.exists()}
    for task in TASKS:
        of_task = {run: one for run, one in found.items() if run.task == task}
        if of_task:
            yield from (f"### {task.name}", "", *scores_of(of_task), "", *choices_of(of_task), "")
    yield from costs_of(found)


def scores_of(found: dict[Run, dict[str, Any]]) -> Iterator[str]:
    """A line a strategy: dev and test, mean and deviation over seeds."""
    yield "| strategy | dev | test | dev, each seed | candidates kept | CPU minutes |"
    yield "|---|---|---|---|---|---|"
    for strategy in STRATEGIES:
        these = [one for run, one in found.items() if run.strategy == strategy]
        if not these:
            continue
        dev, test = (written([one[part] for one in these]) for part in ("dev", "test"))
        each = ", ".join(f"{one['dev']:.2f}" for one in these)
        many = ", ".join(str(len(one["chosen"])) for one in these)
        yield f"| {strategy} | {dev} | {test} | {each} | {many} | {written([o['cpu_minutes'] for o in these])} |"


def choices_of(found: dict[Run, dict[str, Any]]) -> Iterator[str]:
    """A line a candidate: in how many searches it was kept, belief at the end, and mean gain over all searches."""
    searches = {run: one for run, one in found.items() if one["episodes"] > 1}
    names = list(next(iter(searches.values()))["gains"]) if searches else []
    searchers = [name for name in STRATEGIES if any(run.strategy == name for run in searches)]
    yield f"| candidate | {' | '.join(f'kept by {name}' for name in searchers)} | belief (ace) | gain |"
    yield "|---" * (len(searchers) + 3) + "|"
    for at, name in enumerate(names):
        kept_by = []
        for strategy in searchers:
            these = [one for run, one in searches.items() if run.strategy == strategy]
            kept_by.append(f"{sum(name in one['chosen'] for one in these)} of {len(these)}")
        beliefs = [one["beliefs"][at] for run, one in searches.items() if run.strategy == "ace"]
        gains = [one["gains"][name] for one in searches.values() if one["gains"][name] is not None]
        yield f"| {name} | {' | '.join(kept_by)} | {written(beliefs)} | {written(gains)} |"


def costs_of(found: dict[Run, dict[str, Any]]) -> Iterator[str]:
    """A line a task, over its searches with more than one episode, and the published figures."""
    yield "| task | episodes a CPU minute | wall minutes | peak memory, MB | cache, bytes a token | ms a token |"
    yield "|---|---|---|---|---|---|"
    for task in TASKS:
        these = [one for run, one in found.items() if run.task == task and one["episodes"] > 1]
        if not these:
            continue
        pace = written([one["episodes"] / one["cpu_minutes"] for one in these])
        wall = written([one["wall_minutes"] for one in these])
        memory = max(one["megabytes"] for one in these)
        size = f"{these[0]['bytes_a_token']:.0f} | {these[0]['cache_ms_a_token']:.1f}"
        yield f"| {task.name} | {pace} | {wall} | {memory} | {size} |"
    yield PUBLISHED


def written(values: Sequence[float]) -> str:
    """Mean and, of several values, deviation."""
    if not values:
        return ""
    return f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
