"""spaCy's default CPU pipeline, trained on UD English-EWT, beside Syntagma's models: parts of speech, trees, speed.

    make bench-treebank

Words and sentences are given. UAS and LAS are those of the official CoNLL-18 evaluation (relations without subtypes,
marks included); spaCy's own figures, without marks and with subtypes, stand beside them. The systems take turns, each
round in a fresh process of one thread, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy_training import SpacyTraining

from syntagma.learning.metrics import TagScorer, TreeScorer
from syntagma.text.document import DEPENDENCIES, PARTS_OF_SPEECH, Arc, Sentence
from syntagma.text.formats import read_documents

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
TREEBANK = "data/ud-treebanks/UD_English-EWT"


@dataclass(frozen=True)
class System:
    """What is measured: a worker's script, the Python it runs in, a model."""

    python: str
    script: str
    model: str

    def run(self, work: dict[str, Any]) -> dict[str, Any]:
        """Let the worker parse in a process of its own, with one thread."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("job.json", "result.json")]
            paths[0].write_text(json.dumps(work | {"model": self.model}), encoding="utf-8")
            threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "BLIS")}
            environment = {**os.environ, **threads, "PYTHONPATH": str(HERE.parent / "workers")}
            command = [self.python, HERE / self.script, *paths]
            subprocess.run(command, check=True, env=environment)
            result: dict[str, Any] = json.loads(paths[1].read_text(encoding="utf-8"))
            return result


def main() -> None:
    """Train spaCy's pipeline unless that has been done, measure, print the table, write it to benchmarks/results."""
    options = arguments()
    training = SpacyTraining(options.spacy, options.shared / TREEBANK, options.trained, options.steps)
    if not training.finished:
        training.run()
    gold = gold_sentences(options.shared / TREEBANK)
    work = {
        "gold": str(training.test),
        "words": [sentence.words for sentence in gold],
        "repeat": options.repeat,
    }
    systems = {"spacy": System(options.spacy, "parse_spacy.py", str(training.model))}
    systems |= {model: System(sys.executable, "parse_syntagma.py", model) for model in options.models}
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in systems}
    for _ in range(options.rounds):
        for name, system in systems.items():
            rounds[name].append(system.run(work))
    words = options.repeat * sum(len(sentence.tokens) for sentence in gold)
    results = {name: figures(gold, runs, words) for name, runs in rounds.items()}
    results["spacy"]["training"] = training.outcome()
    write(results, HERE.parent / "results" if options.write else None)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/treebank", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spacy", default="build/spacy-venv/bin/python", help="a Python that has spaCy")
    parser.add_argument("--trained", type=Path, default=Path("build/spacy-ewt"), help="where spaCy's pipeline is kept")
    parser.add_argument("--steps", type=int, help="be content with so many steps of spaCy's training")
    parser.add_argument("--models", nargs="*", default=["en-small"], help="Syntagma's: packaged names or folders")
    parser.add_argument("--shared", type=Path, default=PROJECT.parent / "shared", help="the folder that holds data/")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timing; the median counts")
    parser.add_argument("--repeat", type=int, default=3, help="how often the text is read in a round")
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    return parser.parse_args()


def gold_sentences(treebank: Path) -> list[Sentence]:
    """The test sentences."""
    (path,) = treebank.glob("*-ud-test.conllu")
    return [sentence for document in read_documents(path, "conllu") for sentence in document.sentences]


def figures(gold: list[Sentence], runs: list[dict[str, Any]], words: int) -> dict[str, Any]:
    """What a system's output is worth, and the medians of its times."""
    first = runs[0]
    kept = {name: first[name] for name in ("version", "own_scores", "model_mb") if name in first}
    speeds = {
        name: words / statistics.median(run[key] for run in runs)
        for name, key in {"words_per_second": "seconds", "words_per_cpu_second": "cpu_seconds"}.items()
    }
    return kept | speeds | {"peak_mb": max(run["peak_mb"] for run in runs)} | scores(gold, first["sentences"])


def scores(gold: list[Sentence], found: list[list[list[Any]]]) -> dict[str, float]:
    """Parts of speech and trees by our metrics, in percent; no trees where a system gives none."""
    tags, trees, parses = TagScorer(), TreeScorer(), True
    for sentence, rows in zip(gold, found, strict=True):
        words, upos, heads, relations = (list(column) for column in zip(*rows, strict=True))
        if words != sentence.words:
            raise SystemExit(f"{sentence.where}: other words were parsed: {words}")
        tags.add(sentence.tags(PARTS_OF_SPEECH) or [], upos)
        parses &= None not in heads
        if parses:
            tree = [Arc(head, relation) for head, relation in zip(heads, relations, strict=True)]
            trees.add(sentence.trees[DEPENDENCIES], tree)
    shares = {"upos": tags.result().accuracy}
    if parses:
        attachment = trees.result()
        shares |= {name: getattr(attachment, name) for name in ("uas", "las", "las_with_subtypes")}
        shares["clas"] = attachment.clas.f1
    return {name: 100 * share for name, share in shares.items()}


def write(results: dict[str, dict[str, Any]], folder: Path | None) -> None:
    """Print the table; keep it and all numbers in a folder, if one is given."""
    table = as_table(results)
    print(table)
    if folder:
        (folder / "treebank.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        (folder / "treebank.md").write_text(table + "\n", encoding="utf-8")


def as_table(results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table, a row per measure, with dashes where a system has no such figure."""
    measures = {
        "UPOS": lambda r: f"{r['upos']:.2f}",
        "UAS": lambda r: f"{r['uas']:.2f}",
        "LAS": lambda r: f"{r['las']:.2f}",
        "CLAS": lambda r: f"{r['clas']:.2f}",
        "LAS with subtypes of relations": lambda r: f"{r['las_with_subtypes']:.2f}",
        "UPOS, spaCy's scorer": lambda r: f"{100 * r['own_scores']['pos_acc']:.2f}",
        "UAS, spaCy's scorer (no marks)": lambda r: f"{100 * r['own_scores']['dep_uas']:.2f}",
        "LAS, spaCy's scorer (no marks)": lambda r: f"{100 * r['own_scores']['dep_las']:.2f}",
        "words a second": lambda r: f"{r['words_per_second']:,.0f}",
        "words a second of processor time": lambda r: f"{r['words_per_cpu_second']:,.0f}",
        "peak memory, MB": lambda r: f"{r['peak_mb']:,.0f}",
        "model, MB": lambda r: f"{r['model_mb']:.1f}",
        "steps of training": lambda r: steps(**r["training"]),
    }
    lines = [
        "| | " + " | ".join(result["version"] for result in results.values()) + " |",
        "|---|" + "---:|" * len(results),
    ]
    for measure, show in measures.items():
        lines.append(f"| {measure} | " + " | ".join(cell(show, result) for result in results.values()) + " |")
    return "\n".join(lines)


def steps(steps: int, best: int, ended: bool) -> str:
    """How long the training took, and whether it was let be."""
    return f"{steps:,}, best after {best:,}" + ("" if ended else " (cut short)")


def cell(show: Any, result: dict[str, Any]) -> str:
    """A figure, or a dash where there is none."""
    try:
        return str(show(result))
    except KeyError:
        return "–"


if __name__ == "__main__":
    main()
