"""Decoding and prefill beside transformers: SmolLM2-135M, and random weights in the exact shape of Phi-4-mini.

    make bench-language-models

Both sides read the same folder of safetensors. Every system runs in a process of its own, one after another, and the
systems take turns for as many rounds as asked; medians count. The machine's bandwidth for reading is measured in the
same run. Weights, caches and logits are what is read a token; shares of the bandwidth count the weights alone.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from models import MODELS, model_folder

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class System:
    """Who decodes, in what format."""

    library: str
    weights: str

    @property
    def name(self) -> str:
        """As the tables show it."""
        return f"{self.library}, {self.weights}"

    def run(self, job: dict[str, Any], threads: int) -> dict[str, Any]:
        """Measure in a fresh process."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("job.json", "result.json")]
            paths[0].write_text(json.dumps(job | {"weights": self.weights, "threads": threads}), encoding="utf-8")
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(HERE.parent / "workers")}
            subprocess.run([sys.executable, HERE / f"run_{self.library}.py", *paths], check=True, env=environment)
            result: dict[str, Any] = json.loads(paths[1].read_text(encoding="utf-8"))
            return result


SYSTEMS = [
    System("transformers", "fp32"),
    System("transformers", "bf16"),
    System("syntagma", "fp32"),
    System("syntagma", "bf16"),
    System("syntagma", "int8"),
    System("syntagma", "int4"),
]


def main() -> None:
    """Make what is not there, measure, print the tables, keep them."""
    options = arguments()
    results, pages = {}, [description()]
    for model in options.models:
        folder = model_folder(model, options.folder)
        job = MODELS[model].job | {"folder": str(folder), "tasks": options.tasks, "device": options.device}
        rounds = measured(list(systems(model, options.only)), job, options.rounds, options.threads)
        results[model] = {system: medians(runs) for system, runs in rounds.items()}
        pages.append(f"## {model}\n\n" + "\n".join(table(results[model])))
        print("\n" + pages[-1])
    if options.results:
        Path(f"{options.results}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        Path(f"{options.results}.md").write_text("\n\n".join(pages) + "\n", encoding="utf-8")


def description() -> str:
    """What was measured with, and when."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("syntagma", "torch", "transformers", "numba"))
    command = " ".join(["python benchmarks/language_models", *map(shlex.quote, sys.argv[1:])])
    return f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores, {versions}: `{command}`"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/language_models", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--models", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--folder", type=Path, default=Path("build/language-models"), help="where the models are kept")
    parser.add_argument("--only", default="", help="systems whose name holds this, such as int4")
    parser.add_argument("--tasks", nargs="*", default=["decode", "prefill", "batch"])
    parser.add_argument("--device", default="cpu", help="cpu, or cuda")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--results", help="where the figures are kept: a path without .json and .md")
    return parser.parse_args()


def systems(model: str, only: str) -> Iterator[System]:
    """Those that the model fits into."""
    for system in SYSTEMS:
        if only in system.name and system.weights not in MODELS[model].too_large:
            yield system


def measured(chosen: list[System], job: dict[str, Any], rounds: int, threads: int) -> dict[str, list[dict[str, Any]]]:
    """Results of every round by the system's name."""
    found: dict[str, list[dict[str, Any]]] = {system.name: [] for system in chosen}
    for _ in range(rounds):
        for system in chosen:
            found[system.name].append(system.run(job, threads))
            print(system.name, found[system.name][-1], file=sys.stderr)
    return found


def medians(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Of every figure."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def table(results: dict[str, dict[str, float]]) -> Iterator[str]:
    """A row a system. Ratios are to transformers' best."""
    best = {
        task: max((row.get(task, 0.0) for name, row in results.items() if name.startswith("transformers")), default=0.0)
        for task in ("decode", "prefill", "batch")
    }
    bandwidth = statistics.median(row["bandwidth"] for row in results.values())
    columns = ("decode, tokens/s", "to best", "of bandwidth", "prefill, tokens/s", "to best")
    columns += ("16 prompts, tokens/s", "to one", "peak / weights")
    yield "| | " + " | ".join(columns) + " |"
    yield "|---|" + "---:|" * 8
    for name, row in results.items():
        decode, prefill, batch = (row.get(task) for task in ("decode", "prefill", "batch"))
        cells = [
            number(decode),
            ratio(decode, best["decode"]),
            f"{100 * decode * row['weight_bytes'] / bandwidth:.0f} %" if decode else "",
            number(prefill),
            ratio(prefill, best["prefill"]),
            number(batch),
            ratio(batch, decode),
            f"{row['load_peak_bytes'] / row['weight_bytes']:.2f}",
        ]
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield f"\nReading memory: {bandwidth / 1e9:.1f} GB/s."


def number(value: float | None) -> str:
    """A rate."""
    return "" if value is None else f"{value:,.1f}"


def ratio(value: float | None, to: float | None) -> str:
    """How many times as fast."""
    return f"{value / to:.2f}" if value and to else ""


if __name__ == "__main__":
    main()
