"""A lattice's scores as arrays that the compiled functions read."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice

NO_SCORES = np.empty((0, 0))


class ChainScores:
    """The lattice's own memory, but for half precision, odd strides, and tables too small to matter."""

    def __init__(self, lattice: Lattice) -> None:
        labels = lattice.emissions.shape[2]
        self.emissions = _readable(lattice.emissions)
        # one table in float64; tables in float32 only beside such emissions: fewer functions to compile
        precise = lattice.shared or self.emissions.dtype == np.float64
        self.transitions = _readable(lattice.transitions, np.float64 if precise else None)
        self.start, self.end = (
            NO_SCORES if part is None else _readable(part, np.float64).reshape(-1, labels)
            for part in (lattice.start, lattice.end)
        )
        self.lengths = np.ascontiguousarray(lattice.lengths.numpy())
        self.arrays = (self.emissions, self.transitions, self.start, self.end, self.lengths)


def chain_scores(lattice: Lattice) -> ChainScores:
    """Those of a lattice, made once."""
    known = lattice.kept.get(ChainScores)
    if known is None:
        known = lattice.kept[ChainScores] = ChainScores(lattice)
    return known


def _readable(scores: Tensor, dtype: Any = None) -> Any:
    """Contiguous, of float32 or float64."""
    if scores.dtype not in (torch.float32, torch.float64):
        scores = scores.float()
    return np.ascontiguousarray(scores.numpy(), dtype)
