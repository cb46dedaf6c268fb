"""The packaged English model beside spaCy's small English pipeline: one run, one machine, as many threads each.

    make bench-spacy

Entity F1 is measured on raw text, document by document, by exact character spans of PER, LOC and ORG (UNER
English-EWT and English-PUD test); UPOS accuracy on the gold words of UD English-EWT test. Speed is gold words a second
over the same raw text, of everything (tags, trees, entities) and of tags and entities alone; the systems take turns,
each round in a fresh process, and the median counts. Where other work shares the machine, processor time is fairer.
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

from gold_texts import (
    EWT_ENTITIES,
    EWT_TREES,
    PUD_ENTITIES,
    Entity,
    GoldText,
    f1,
    gold_texts,
    read_sentences,
    word_entities,
)

HERE = Path(__file__).resolve().parent
EXTENTS = ("everything", "entities")
"""Trees too, or tags and entities alone."""


@dataclass(frozen=True)
class System:
    """What is measured: a worker's script, the Python it runs in, its processes, its model."""

    python: str
    script: str
    threads: int
    processes: int = 1
    model: str = ""

    def run(self, work: dict[str, Any], extent: str = "everything") -> dict[str, Any]:
        """Let the worker do a job in a process of its own."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("job.json", "result.json")]
            paths[0].write_text(json.dumps(work | {"processes": self.processes}), encoding="utf-8")
            threads = {f"{library}_NUM_THREADS": str(self.threads) for library in ("OMP", "MKL", "OPENBLAS", "BLIS")}
            command = [self.python, HERE / "workers" / self.script, *paths, extent, self.model]
            subprocess.run(command, check=True, env={**os.environ, **threads})
            result: dict[str, Any] = json.loads(paths[1].read_text(encoding="utf-8"))
            return result


def main() -> None:
    """Measure, print the table, write it to benchmarks/results."""
    options = arguments()
    gold = Gold(options.shared / "data")
    systems = {
        "spacy": System(options.spacy, "run_spacy.py", options.threads),
        "spacy, 2 processes": System(options.spacy, "run_spacy.py", options.threads, processes=2),
        "syntagma": System(sys.executable, "run_syntagma.py", options.threads, model=options.model),
    }
    systems = {name: system for name, system in systems.items() if name.startswith(options.only)}
    results = {
        name: gold.scores(system.run(gold.quality_job())) if system.processes == 1 else {}
        for name, system in systems.items()
    }
    rounds: dict[str, dict[str, list[dict[str, Any]]]] = {name: {each: [] for each in EXTENTS} for name in systems}
    for _ in range(options.rounds):
        for name, system in systems.items():
            for extent in EXTENTS:
                rounds[name][extent].append(system.run({"speed": gold.raw * options.repeat}, extent))
    for name, runs in rounds.items():
        results[name] |= {extent: timings(runs[extent], gold.words * options.repeat) for extent in EXTENTS}
    write(results, HERE / "results" if options.write else None)


def timings(runs: list[dict[str, Any]], words: int) -> dict[str, float]:
    """The median of the rounds; of memory, the most."""
    return {
        "words_per_second": words / statistics.median(found["seconds"] for found in runs),
        "words_per_cpu_second": words / statistics.median(found["cpu_seconds"] for found in runs),
        "import_seconds": statistics.median(found["import_seconds"] for found in runs),
        "load_seconds": statistics.median(found["load_seconds"] for found in runs),
        "peak_mb": max(found["peak_mb"] for found in runs),
    }


def write(results: dict[str, dict[str, Any]], folder: Path | None) -> None:
    """Print the table; keep it and all numbers in a folder, if one is given."""
    table = as_table(results)
    print(table)
    if folder:
        folder.mkdir(exist_ok=True)
        (folder / "spacy_small.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        (folder / "spacy_small.md").write_text(table + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Syntagma's packaged model beside spaCy's small English pipeline")
    parser.add_argument("--spacy", default="build/spacy-venv/bin/python", help="a Python that has spaCy and its model")
    parser.add_argument("--model", default="en-small", help="Syntagma's model: a packaged name or a folder")
    parser.add_argument("--shared", type=Path, default=HERE.parents[1] / "shared", help="the folder that holds data/")
    parser.add_argument("--only", choices=["spacy", "syntagma"], default="", help="measure one side")
    parser.add_argument("--threads", type=int, default=2, help="threads of each system, in each of its processes")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of timing; the median counts")
    parser.add_argument("--repeat", type=int, default=3, help="how often the text is read in a round")
    parser.add_argument("--no-write", dest="write", action="store_false", help="print only")
    return parser.parse_args()


class Gold:
    """The texts, words and labels that both systems are judged by."""

    def __init__(self, data: Path) -> None:
        trees = list(read_sentences(data / EWT_TREES, tag_column=3))
        paragraphs = {sentence.key for sentence in trees if sentence.opens_paragraph}
        entities = {
            name: list(read_sentences(data / path, tag_column=2))
            for name, path in {"ewt": EWT_ENTITIES, "pud": PUD_ENTITIES}.items()
        }
        self.texts: dict[str, list[GoldText]] = {name: gold_texts(s, paragraphs) for name, s in entities.items()}
        self.word_entities = {name: [word_entities(s.tags) for s in rows] for name, rows in entities.items()}
        self.rows = {name: [s.words for s in rows] for name, rows in entities.items()}
        self.rows["ewt-trees"] = [sentence.words for sentence in trees]
        self.upos = [sentence.tags for sentence in trees]
        self.raw = [text.text for texts in self.texts.values() for text in texts]
        self.words = sum(len(sentence.words) for rows in entities.values() for sentence in rows)

    def quality_job(self) -> dict[str, Any]:
        """What a worker is asked to label."""
        return {"texts": {name: [t.text for t in texts] for name, texts in self.texts.items()}, "words": self.rows}

    def scores(self, found: dict[str, Any]) -> dict[str, Any]:
        """What a worker's labels are worth."""
        scores: dict[str, Any] = {key: found[key] for key in ("version", "model_mb", "package_mb", "environment_mb")}
        for name, texts in self.texts.items():
            scores[f"{name}_raw"] = f1([t.entities for t in texts], as_entities(found["entities"][name]))
            scores[f"{name}_words"] = f1(self.word_entities[name], as_entities(found["word_entities"][name]))
        pairs = [
            (a, b)
            for gold, tags in zip(self.upos, found["upos"]["ewt-trees"], strict=True)
            for a, b in zip(gold, tags, strict=True)
        ]
        scores["upos"] = 100 * sum(a == b for a, b in pairs) / len(pairs)
        return scores


def as_entities(rows: list[list[list[Any]]]) -> list[list[Entity]]:
    """JSON's lists as entities."""
    return [[Entity(*entity) for entity in row] for row in rows]


def as_table(results: dict[str, dict[str, Any]]) -> str:
    """A Markdown table, a row per measure."""
    measures = {
        "entity F1, UNER English-EWT test, raw text": lambda r: f"{r['ewt_raw']['f1']:.1f}",
        "entity F1, UNER English-PUD test, raw text": lambda r: f"{r['pud_raw']['f1']:.1f}",
        "entity F1, UNER English-EWT test, gold words": lambda r: f"{r['ewt_words']['f1']:.1f}",
        "entity F1, UNER English-PUD test, gold words": lambda r: f"{r['pud_words']['f1']:.1f}",
        "UPOS accuracy, UD English-EWT test, gold words": lambda r: f"{r['upos']:.2f}",
        "words a second, tags, trees and entities": lambda r: f"{r['everything']['words_per_second']:,.0f}",
        "the same of processor time": lambda r: f"{r['everything']['words_per_cpu_second']:,.0f}",
        "words a second, tags and entities": lambda r: f"{r['entities']['words_per_second']:,.0f}",
        "the same, of processor time": lambda r: f"{r['entities']['words_per_cpu_second']:,.0f}",
        "import, s": lambda r: f"{r['everything']['import_seconds']:.2f}",
        "load the model, s": lambda r: f"{r['everything']['load_seconds']:.2f}",
        "peak memory, MB": lambda r: f"{r['everything']['peak_mb']:,.0f}",
        "model alone, MB": lambda r: f"{r['model_mb']:.1f}",
        "package with model, MB": lambda r: f"{r['package_mb']:.1f}",
        "all that is installed, MB": lambda r: f"{r['environment_mb']:,.0f}",
    }
    names = {name: result.get("version", name) for name, result in results.items()}
    lines = ["| | " + " | ".join(names.values()) + " |", "|---|" + "---:|" * len(names)]
    for measure, show in measures.items():
        lines.append(f"| {measure} | " + " | ".join(shown(show, result) for result in results.values()) + " |")
    return "\n".join(lines)


def shown(show: Any, result: dict[str, Any]) -> str:
    """A cell, or a dash where a system was not measured again."""
    try:
        return str(show(result))
    except KeyError:
        return "–"


if __name__ == "__main__":
    main()
