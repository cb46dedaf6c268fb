"""Reading needs the memory of the weights and hardly more, whatever precision they are wanted in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from syntagma.language_models.checkpoints import save_folder
from syntagma.language_models.config import DecoderConfig, Rotary
from syntagma.language_models.parameters import parameter_shapes

# The peak of this process's own memory: `resource.ru_maxrss` begins with that of the parent.
PROGRAM = """
import sys, torch
from pathlib import Path
from syntagma.language_models.checkpoints import open_folder

def now(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

dtype = getattr(torch, sys.argv[2])
checkpoint = open_folder(sys.argv[1])
before = now("VmRSS")
held = []
for name, tensor in checkpoint.parameters(dtype):
    if sys.argv[3] == "keep":
        held.append(tensor)
    del tensor
print(now("VmHWM") - before)
"""
CONFIG = DecoderConfig(
    family="llama",
    vocab_size=50_000,
    hidden_size=768,
    intermediate_size=3072,
    num_layers=12,
    num_heads=12,
    num_kv_heads=4,
    head_size=64,
    rotary=Rotary(64),
    max_positions=1024,
    tied=True,
)


class RandomParameters(dict[str, torch.Tensor]):
    """Parameters that are made when they are asked for."""

    def __missing__(self, name: str) -> torch.Tensor:
        return torch.randn(parameter_shapes(CONFIG)[name]).to(torch.bfloat16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A quarter of a gigabyte, of which the table of tokens is a third."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("memory is measured through /proc")
    target = tmp_path_factory.mktemp("memory") / "model"
    save_folder(RandomParameters(), CONFIG, target, shard_bytes=100_000_000)
    yield target
    for file in target.iterdir():
        file.unlink()


def peak(folder: Path, dtype: str, what: str) -> int:
    """Bytes that reading took at most, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM, str(folder), dtype, what]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float16"])
def test_the_peak_is_little_more_than_the_weights(folder: Path, dtype: str) -> None:
    weights = CONFIG.parameters * getattr(torch, dtype).itemsize
    assert weights > 250_000_000
    assert weights * 0.95 < peak(folder, dtype, "keep") < weights * 1.1


@pytest.mark.slow
def test_parameters_that_are_given_away_leave_nothing_behind(folder: Path) -> None:
    largest = CONFIG.vocab_size * CONFIG.hidden_size * 4
    assert peak(folder, "float32", "drop") < largest * 1.1
