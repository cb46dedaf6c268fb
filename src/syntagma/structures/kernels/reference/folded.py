"""A lattice as the reference reads it: time first, in float64, with start and end folded into the emissions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.label_checks import working_precision


@dataclass(frozen=True)
class Folded:
    """Scores with time first, so that a step reads one block of memory. Padded emissions are 0: nothing can leak."""

    emissions: Tensor
    """`[words, batch, labels]`, start and end included."""
    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a position: `[words - 1, batch, labels, labels]`."""
    lengths: Tensor
    """`[batch]`"""

    @property
    def shared(self) -> bool:
        """Whether one transition table serves all positions of all rows."""
        return self.transitions.dim() == 2

    @cached_property
    def valid(self) -> Tensor:
        """`[words, batch]`, true inside the row's own length."""
        return self._positions < self.lengths

    @cached_property
    def last(self) -> Tensor:
        """`[words, batch]`, true at each row's last word."""
        return self._positions == self.lengths - 1

    @cached_property
    def padded(self) -> Tensor:
        """Where padding is, as indices into words and rows laid flat, `[padded words]`."""
        return (~self.valid).flatten().nonzero().flatten()

    @property
    def _positions(self) -> Tensor:
        return torch.arange(self.emissions.shape[0], device=self.emissions.device).unsqueeze(1)

    def rows(self, index: Tensor) -> Folded:
        """The scores of some rows, `index [rows]`."""
        transitions = self.transitions if self.shared else self.transitions[:, index]
        return Folded(self.emissions[:, index], transitions, self.lengths[index])


@torch.no_grad()
def fold(lattice: Lattice) -> Folded:
    """The lattice's scores, copied, without history.

    Works in float64: inside the recurrences float32 loses sharp scores, and most models are sharp. Metal has none, so
    there it is float32 and more rows take the exact log-space pass.
    """
    precision = working_precision(lattice.emissions)
    emissions, transitions = _time_first(lattice.emissions, precision), lattice.transitions
    pairs = transitions.to(precision) if lattice.shared else _time_first(transitions, precision)
    folded = Folded(emissions, pairs, lattice.lengths)
    batch = emissions.shape[1]
    emissions.flatten(0, 1).index_fill_(0, folded.padded, 0.0)
    if not lattice.shared:
        pairs.flatten(0, 1).index_fill_(0, folded.padded - batch, 0.0)
    if lattice.start is not None:
        emissions[0] += lattice.start
    if lattice.end is not None:
        rows = torch.arange(batch, device=emissions.device)
        emissions[lattice.lengths - 1, rows] += lattice.end.to(precision)
    return folded


def _time_first(scores: Tensor, precision: torch.dtype) -> Tensor:
    """A copy, `[batch, words, ...]` as `[words, batch, ...]`."""
    return scores.transpose(0, 1).to(precision, copy=True, memory_format=torch.contiguous_format)
