"""A lattice: the scores of a batch of chains as the kernels read them, and the finding of rows that hold no path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from syntagma.errors import StructureError


@dataclass(frozen=True)
class Lattice:
    """Scores with time first, start and end folded into the emissions, in the precision that the kernels work in.

    A path `y` of a row scores `sum_i emissions[i, row, y_i] + sum_i transitions[i, row, y_i, y_{i+1}]`, over the row's
    own length. Padded emissions are 0, so nothing that was there can leak.
    """

    emissions: Tensor
    """`[words, batch, labels]`"""
    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a position: `[words - 1, batch, labels, labels]`."""
    lengths: Tensor
    """`[batch]`, int64, each from 1 to words."""

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

    def detach(self) -> Lattice:
        """The same scores without their history."""
        return Lattice(self.emissions.detach(), self.transitions.detach(), self.lengths)

    def rows(self, index: Tensor) -> Lattice:
        """The lattice of some rows, `index [rows]`."""
        transitions = self.transitions if self.shared else self.transitions[:, index]
        return Lattice(self.emissions[:, index], transitions, self.lengths[index])


def fold(
    emissions: Tensor, transitions: Tensor, start: Tensor | None, end: Tensor | None, lengths: Tensor | None
) -> Lattice:
    """Make a lattice of a chain's scores `[batch, words, labels]`; differentiable.

    Works in float64: inside the recurrences float32 loses sharp scores, and most models are sharp. Metal has none, so
    there it is float32 and more rows take the exact log-space pass.
    """
    precision = torch.float32 if emissions.device.type == "mps" else torch.float64
    batch, words = emissions.shape[:2]
    rows = torch.arange(batch, device=emissions.device)
    own = torch.full_like(rows, words) if lengths is None else lengths
    unary = _time_first(emissions, precision)
    pairs = transitions.to(precision) if transitions.dim() == 2 else _time_first(transitions, precision)
    if lengths is not None:
        padded = (torch.arange(words, device=emissions.device).unsqueeze(1) >= own).flatten().nonzero().flatten()
        unary.flatten(0, 1).index_fill_(0, padded, 0.0)
        if pairs.dim() == 4:
            pairs.flatten(0, 1).index_fill_(0, padded - batch, 0.0)
    if start is not None:
        unary[0] += start
    if end is not None:
        unary.flatten(0, 1).index_add_(0, (own - 1) * batch + rows, end.to(precision).expand(batch, -1))
    return Lattice(unary, pairs, own)


def _time_first(scores: Tensor, precision: torch.dtype) -> Tensor:
    """A copy, `[batch, words, ...]` as `[words, batch, ...]`."""
    return scores.transpose(0, 1).to(precision, copy=True, memory_format=torch.contiguous_format)


def reject_unusable(lattice: Lattice, log_weight: Tensor, names: Tensor | None = None) -> None:
    """Raise for the first row whose `log_weight [rows]`, of its best path or of all, is not a finite number.

    `names [rows]` are the rows' numbers in the caller's batch, where the lattice is only a part of it.

    Raises:
        StructureError: names the row and says whether it holds a NaN, a +inf, or no path at all.
    """
    unusable = (~torch.isfinite(log_weight)).nonzero().flatten()
    if not unusable.numel():
        return
    row = int(unusable[0])
    number = row if names is None else int(names[row])
    scores = lattice.rows(unusable[:1])
    for name, what in (("emissions", scores.emissions), ("transitions", scores.transitions)):
        odd = what.isnan() | (what == torch.inf)
        if bool(odd.any()):
            found = "NaN" if bool(what.isnan().any()) else "+inf"
            raise StructureError(
                f"row {number} has {found} among its {name} scores", fix="Scores may be finite or -inf"
            )
    raise StructureError(
        f"row {number} has no possible output: every path of its {int(scores.lengths[0])} labels meets a score of -inf",
        fix="Look at the forbidden labels and transitions of this row",
    )
