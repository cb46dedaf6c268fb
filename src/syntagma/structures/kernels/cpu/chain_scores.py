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
        self.emissions = _readable(lattice.emissions)
        self.transitions = _readable(_like(lattice.transitions, self.emissions, lattice.shared))
        self.start, self.end = _boundary(lattice.start), _boundary(lattice.end)
        self.lengths = lattice.lengths.contiguous().numpy()
        self.arrays = (self.emissions, self.transitions, self.start, self.end, self.lengths)


def _like(transitions: Tensor, emissions: Any, shared: bool) -> Tensor:
    """One table in float64; tables in float32 only beside such emissions: fewer functions to compile."""
    return transitions.double() if shared or emissions.dtype == np.float64 else transitions


def _readable(scores: Tensor) -> Any:
    """Contiguous, and float32 if not float64."""
    scores = scores if scores.dtype == torch.float64 else scores.float()
    return scores.contiguous().numpy()


def _boundary(scores: Tensor | None) -> Any:
    """`[batch, labels]` or `[1, labels]`, in float64; no row where there are none."""
    return NO_SCORES if scores is None else _readable(scores.double().view(-1, scores.shape[-1]))
