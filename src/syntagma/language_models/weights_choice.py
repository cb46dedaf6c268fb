"""In what format a model's weights are held, and in what precision it computes: a choice with its reason."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec

import torch

from syntagma.language_models.checkpoints import Checkpoint
from syntagma.language_models.weights import Format

ROOM = 0.7
"""Share of the free memory that weights may take; the rest is for caches, logits and everybody else."""
BITS: dict[Format, float] = {"fp32": 32, "bf16": 16, "int8": 8.25, "int4": 5}
"""About what a weight takes, scales included."""


@dataclass(frozen=True)
class WeightsChoice:
    """How to hold weights, and why."""

    weights: Format
    dtype: torch.dtype
    """Of what is computed with them."""
    reason: str

    def __str__(self) -> str:
        return f"{self.weights} weights, computing in {str(self.dtype).removeprefix('torch.')}: {self.reason}"


def choose_weights(
    checkpoint: Checkpoint, asked: Format | None, device: torch.device, free: int | None, *, compiled: bool
) -> WeightsChoice:
    """What was asked for, else the precision of the files, or less where memory is short.

    Args:
        free: bytes of memory that are free; None where that is not known.
        compiled: whether products with packed weights are quick.
    """
    if asked is not None:
        return WeightsChoice(asked, _computing(asked), "as asked for")
    packed = checkpoint.stored_as.startswith("Q")
    if packed and compiled:
        return WeightsChoice("int8", _computing("int8"), f"the file's own, {checkpoint.stored_as}, are no finer")
    wide = checkpoint.dtype == torch.float32 and device.type == "cpu" and not packed
    stored: Format = "fp32" if wide else "bf16"
    for weights in (stored, "int8", "int4"):
        needed = checkpoint.config.parameters * BITS[weights] / 8
        if free is None or needed <= ROOM * free:
            break
    if weights == stored:
        slow = ", and smaller ones are slow without the extra 'fast'" if packed else ""
        return WeightsChoice(stored, _computing(stored), f"the files have {checkpoint.stored_as}{slow}")
    needed = checkpoint.config.parameters * BITS[stored] / 8
    return WeightsChoice(
        weights, _computing(weights), f"{stored} takes {needed / 1e9:.1f} GB, and {(free or 0) / 1e9:.1f} GB are free"
    )


def products_are_compiled(device: torch.device) -> bool:
    """Whether products with packed weights are quick: on a processor, with the extra `fast`."""
    return device.type == "cpu" and find_spec("numba") is not None


def free_memory(device: torch.device) -> int | None:
    """Bytes that can be had without swapping; None where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def _computing(weights: Format) -> torch.dtype:
    return torch.float32 if weights == "fp32" else torch.bfloat16
