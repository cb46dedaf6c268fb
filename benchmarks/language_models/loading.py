"""How fast weights are read into memory, and how much memory that takes at its peak; beside transformers.

    python benchmarks/language_models/loading.py

A model of Phi-4-mini's widths with fewer layers and random weights in bfloat16 is written first, so all that is read is
in the page cache, and what is measured is not the disk. Every row is a process of its own; they take turns, and
medians count. The peak is that of the process's own memory above what it held with its libraries loaded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from syntagma.language_models.checkpoints import save_folder
from syntagma.language_models.config import DecoderConfig, Rotary
from syntagma.language_models.parameters import parameter_shapes

MEASURE = """
import json, sys, time, torch
from pathlib import Path

def now(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

def syntagma(folder, dtype):
    from syntagma.language_models.checkpoints import open_folder
    return lambda: dict(open_folder(folder).parameters(dtype))

def safetensors(folder, dtype):
    from safetensors.torch import load_file
    files = sorted(Path(folder).glob("*.safetensors"))
    return lambda: [{name: tensor.to(dtype) for name, tensor in load_file(file).items()} for file in files]

def transformers(folder, dtype):
    from transformers import AutoModelForCausalLM
    return lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)

folder, library, dtype = sys.argv[1:]
torch.set_num_threads(1)
read = globals()[library](folder, getattr(torch, dtype))
before, wall, cpu = now("VmRSS"), time.perf_counter(), time.process_time()
held = read()
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": now("VmHWM") - before}))
"""
LIBRARIES = ("syntagma", "safetensors", "transformers")


def main() -> None:
    """Write the model, read it in every way, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks/language_models/loading.py", description=__doc__)
    parser.add_argument("--layers", type=int, default=8, help="of 226 MB each")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = shape(options.layers)
    with tempfile.TemporaryDirectory() as folder:
        save_folder(RandomParameters(config), config, Path(folder) / "model", shard_bytes=1_000_000_000)
        for dtype in ("bfloat16", "float32"):
            runs = measured(Path(folder) / "model", dtype, options.rounds)
            print("\n".join(table(runs, dtype, config.parameters)))


def shape(layers: int) -> DecoderConfig:
    """Phi-4-mini with fewer layers and the vocabulary of Phi-3."""
    return DecoderConfig(
        family="phi3",
        vocab_size=32_064,
        hidden_size=3072,
        intermediate_size=8192,
        num_layers=layers,
        num_heads=24,
        num_kv_heads=8,
        head_size=128,
        rotary=Rotary(96),
        max_positions=4096,
        tied=True,
    )


class RandomParameters(dict[str, torch.Tensor]):
    """Parameters that are made when they are asked for."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.shapes = parameter_shapes(config)

    def __missing__(self, name: str) -> torch.Tensor:
        return torch.empty(self.shapes[name], dtype=torch.bfloat16).normal_(0, 0.02)


def measured(folder: Path, dtype: str, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Every library in turn, as often as asked."""
    found: dict[str, list[dict[str, Any]]] = {library: [] for library in LIBRARIES}
    for _ in range(rounds):
        for library in LIBRARIES:
            command = [sys.executable, "-c", MEASURE, str(folder), library, dtype]
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
            found[library].append(json.loads(run.stdout))
    return found


def table(runs: dict[str, list[dict[str, Any]]], dtype: str, parameters: int) -> Iterator[str]:
    """A row a library."""
    stored, held = parameters * 2, parameters * getattr(torch, dtype).itemsize
    yield f"\n{stored / 1e9:.2f} GB of bfloat16, read as {dtype}\n"
    if dtype == "bfloat16":
        yield "safetensors and transformers only map the file here: its pages are read when they are first used.\n"
    yield "| | GB/s of the file | seconds of CPU | peak / weights |"
    yield "|---|---:|---:|---:|"
    for library, rows in runs.items():
        wall, cpu, peak = (statistics.median(row[key] for row in rows) for key in ("wall", "cpu", "peak"))
        yield f"| {library} | {stored / wall / 1e9:.2f} | {cpu:.2f} | {peak / held:.3f} |"


if __name__ == "__main__":
    main()
