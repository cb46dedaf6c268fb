"""Which kernel does the work: the one place that knows. Today it is the reference on every device."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference import ReferenceSweep


class Sweep(Protocol):
    """What a forward-backward kernel answers about a lattice; every result without history."""

    lattice: Lattice

    def log_partition(self) -> Tensor:
        """`[batch]`"""

    def unary(self) -> Tensor:
        """Probability of every label at every word, `[words, batch, labels]`."""

    def pairs(self) -> Tensor:
        """Probability of every two neighbouring labels, `[words - 1, batch, from, to]`."""

    def pair_sum(self, weights: Tensor) -> Tensor:
        """`pairs()` weighted by row, `weights [batch]`, summed over words and rows: `[from, to]`; shared table only."""

    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[words, batch, labels]`."""

    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that a window's labels are allowed, `[spans]`."""


def sweep(lattice: Lattice) -> Sweep:
    """Forward-backward over a lattice that needs no gradient.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    return ReferenceSweep(lattice)
