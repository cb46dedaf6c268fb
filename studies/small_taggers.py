"""Small taggers on five data sets: what the studies of potentials and of inference train, measure and tabulate.

One run's result is one JSON file in runs/small-taggers/results; a run whose result is there is not made again, so both
studies share what they have in common and a study that was stopped goes on. Corpora are read from ../shared/data.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from statistics import fmean, stdev
from time import process_time

import torch

from syntagma.atomic import replace_file
from syntagma.learning.evaluation import headline
from syntagma.learning.report import DataSetScores
from syntagma.recipes import load_recipe
from syntagma.recipes.training import train

ROOT = Path(__file__).resolve().parents[1]
CORPORA = ROOT.parent / "shared" / "data"
RUNS = ROOT / "runs" / "small-taggers"
RECIPE = ROOT / "studies" / "potentials" / "tagger.toml"
TRAINING_SENTENCES, DEV_SENTENCES = 2000, 600


@dataclass(frozen=True)
class DataSet:
    """Three files of a corpus and the layer that is learned from them."""

    name: str
    layer: str
    train: str
    dev: str
    test: str
    options: str = ""
    """Further keys of a recipe's data source, in TOML."""


UD, UNER = "ud-treebanks", "uner"
UNER_COLUMNS = 'format = "conll", columns = ["-", "word", "ner", "-", "-"]'
DATA = {
    data.name: data
    for data in (
        DataSet("ewt", "upos", *(f"{UD}/UD_English-EWT/en_ewt-ud-{part}.conllu" for part in ("train", "dev", "test"))),
        DataSet(
            "sequoia",
            "upos",
            *(f"{UD}/UD_French-Sequoia/fr_sequoia-ud-{part}.conllu" for part in ("train", "dev", "test")),
        ),
        DataSet(
            "wnut17",
            "ner",
            "wnut17/wnut17train.conll",
            "wnut17/emerging.dev.conll",
            "wnut17/emerging.test.annotated",
            'format = "conll"',
        ),
        DataSet(
            "danish",
            "ner",
            *(f"{UNER}/Danish-DDT/da_ddt-ud-{part}.iob2" for part in ("train", "dev", "test")),
            UNER_COLUMNS,
        ),
        DataSet(
            "slovak",
            "ner",
            *(f"{UNER}/Slovak-SNK/sk_snk-ud-{part}.iob2" for part in ("train", "dev", "test")),
            UNER_COLUMNS,
        ),
    )
}


@dataclass(frozen=True)
class Kind:
    """One thing that a study compares: a name for its files, what it changes in the recipe, and how tables call it."""

    name: str
    overrides: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Run:
    """A data set, a kind of tagger and a seed."""

    data: DataSet
    kind: Kind
    seed: int

    @property
    def name(self) -> str:
        """As its files are called."""
        return f"{self.data.name}-{self.kind.name}-{self.seed}"

    @property
    def result(self) -> Path:
        """Where its result is kept."""
        return RUNS / "results" / f"{self.name}.json"


def study(description: str, kinds: Sequence[Kind]) -> None:
    """The command line of a study of these kinds of taggers: train what is not there yet, or print the results."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="runs whose name holds this, for example 'danish-' or '-vanilla-'")
    parser.add_argument("--seeds", type=int, default=3, help="runs with seeds 1 to this")
    parser.add_argument("--report", action="store_true", help="train nothing, print the tables as Markdown")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    seeds = range(1, chosen.seeds + 1)
    # seeds outermost: a study that is stopped early has every kind and every data set
    runs = [Run(data, kind, seed) for seed, data, kind in product(seeds, DATA.values(), kinds)]
    runs = [run for run in runs if chosen.only in f"{run.name}-"]
    if chosen.report:
        print("\n".join(table(runs, kinds, "test")), "", "\n".join(table(runs, kinds, "dev")), sep="\n")
        return
    for run in runs:
        if not run.result.exists():
            measure(run)


def measure(run: Run, overrides: Iterable[str] = ()) -> float:
    """Train, test, keep the result; the dev score in percent. The model of seed 1 is kept for timing."""
    began = process_time()
    recipe = load_recipe(RECIPE, [*data_overrides(run.data), *run.kind.overrides, *overrides, f"seed={run.seed}"])
    output = RUNS / "models" / run.name
    result = train(recipe, output)
    dev, test = (score(data_set) for data_set in result.report.data_sets)
    epochs = result.report.epochs
    found = {
        "run": run.name,
        "dev": dev,
        "test": test,
        "best_epoch": max(epochs, key=lambda epoch: epoch.score).number,
        "training_seconds": round(sum(epoch.seconds for epoch in epochs), 1),
        "cpu_seconds": round(process_time() - began, 1),
        "parameters": result.report.facts["parameters"],
        "overrides": [*run.kind.overrides, *overrides],
    }
    run.result.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(run.result) as stream:
        json.dump(found, stream)
    print(json.dumps(found), flush=True)
    if run.seed != 1:
        shutil.rmtree(output)
    return dev


def score(data_set: DataSetScores) -> float:
    """Span F1 or accuracy of the one layer, in percent."""
    return round(100 * headline(data_set.layers[0]), 3)


def data_overrides(data: DataSet) -> Iterator[str]:
    """The recipe's data table: training and dev files cut, the test file whole."""
    files = {
        "train": cut(CORPORA / data.train, TRAINING_SENTENCES),
        "dev": cut(CORPORA / data.dev, DEV_SENTENCES),
        "test": CORPORA / data.test,
    }
    for part, path in files.items():
        options = f", {data.options}" if data.options else ""
        yield f'data.{part}=[{{path = "{path}", name = "{data.name} {part}"{options}}}]'
    yield f'data.labels="{data.layer}"'


def cut(path: Path, sentences: int) -> Path:
    """A copy of a corpus with its first sentences only."""
    short = RUNS / "data" / f"{path.stem}-{sentences}{path.suffix}"
    if not short.exists():
        blocks = path.read_text(encoding="utf-8").replace("\r\n", "\n").strip("\n").split("\n\n")
        short.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(short) as stream:
            stream.writelines(f"{block}\n\n" for block in islice(blocks, sentences))
    return short


def table(runs: Sequence[Run], kinds: Sequence[Kind], part: str) -> Iterator[str]:
    """Give Markdown: a line a kind, a column a data set, mean and deviation over seeds, the best in bold."""
    values = {
        (data, kind.name): [
            json.loads(run.result.read_text())[part]
            for run in runs
            if run.data.name == data and run.kind == kind and run.result.exists()
        ]
        for data, kind in product(DATA, kinds)
    }
    best = {
        data: max((fmean(values[data, kind.name]) for kind in kinds if values[data, kind.name]), default=0)
        for data in DATA
    }
    yield f"| {part} | {' | '.join(f'{data.name}, {data.layer}' for data in DATA.values())} | mean |"
    yield "|---" * (len(DATA) + 2) + "|"
    for kind in kinds:
        row = [values[data, kind.name] for data in DATA]
        cells = [written(cell, best[data]) for data, cell in zip(DATA, row, strict=True)]
        mean = f"{fmean(map(fmean, row)):.2f}" if all(row) else ""
        yield f"| {kind.title or kind.name} | {' | '.join(cells)} | {mean} |"


def written(values: Sequence[float], best: float) -> str:
    """Mean and deviation, bold where it is the best mean."""
    if not values:
        return ""
    text = f"{fmean(values):.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")
    return f"**{text}**" if fmean(values) == best else text
