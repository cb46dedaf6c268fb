"""A lattice: the scores of a batch of chains as they were given, and the finding of rows that hold no path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from syntagma.errors import StructureError


@dataclass(frozen=True)
class Lattice:
    """What every chain kernel reads: raw scores, batch first, of any floating-point type, with or without history.

    A path `y` of a row of n words scores

        start[y_1] + sum_i emissions[i, y_i] + sum_i transitions[i, y_i, y_{i+1}] + end[y_n]

    What is in padding may be anything and is never read.
    """

    emissions: Tensor
    """`[batch, words, labels]`"""
    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a position: `[batch, words - 1, labels, labels]`."""
    start: Tensor | None
    """`[labels]` or `[batch, labels]`; None for 0."""
    end: Tensor | None
    """`[labels]` or `[batch, labels]`; None for 0."""
    lengths: Tensor
    """`[batch]`, int64, each from 1 to words."""
    kept: dict[type, Any] = field(default_factory=dict, compare=False, repr=False)
    """What a kernel made of it and may need again."""

    @property
    def shared(self) -> bool:
        """Whether one transition table serves all positions of all rows."""
        return self.transitions.dim() == 2

    @property
    def work(self) -> int:
        """Elementary steps (a multiplication and an addition each) of one sweep over it."""
        return self.emissions.numel() * self.emissions.shape[-1]

    @property
    def scores(self) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        """Emissions, transitions, start and end."""
        return self.emissions, self.transitions, self.start, self.end

    @property
    def by_row(self) -> tuple[bool, bool, bool, bool]:
        """Which of the scores are given for every row by itself."""
        start, end = (part is not None and part.dim() == 2 for part in (self.start, self.end))
        return True, not self.shared, start, end

    def detach(self) -> Lattice:
        """The same scores without their history."""
        start, end = (None if part is None else part.detach() for part in (self.start, self.end))
        return Lattice(self.emissions.detach(), self.transitions.detach(), start, end, self.lengths)

    def rows(self, index: Tensor) -> Lattice:
        """The lattice of some rows, `index [rows]`."""
        transitions = self.transitions if self.shared else self.transitions[index]
        start, end = (part[index] if part is not None and part.dim() == 2 else part for part in (self.start, self.end))
        return Lattice(self.emissions[index], transitions, start, end, self.lengths[index])


class Gradient(NamedTuple):
    """A derivative by the scores of a lattice, each of the shape and type of the scores themselves."""

    emissions: Tensor
    transitions: Tensor
    start: Tensor | None
    end: Tensor | None


def reject_unusable(lattice: Lattice, log_weight: Tensor, names: Tensor | None = None) -> None:
    """Raise for the first row whose `log_weight [rows]`, of its best path or of all, is not a finite number.

    `names [rows]` are the rows' numbers in the caller's batch, where the lattice is only a part of it.

    Raises:
        StructureError: names the row and says whether it holds a NaN, a +inf, or no path at all.
    """
    finite = torch.isfinite(log_weight)
    if bool(finite.all()):
        return
    row = int((~finite).nonzero()[0])
    number = row if names is None else int(names[row])
    one = lattice.rows(torch.tensor([row], device=log_weight.device))
    length = int(one.lengths)
    for name, part in zip(("emissions", "transitions", "start", "end"), _own_scores(one, length), strict=True):
        if part is not None and bool((part.isnan() | (part == torch.inf)).any()):
            found = "NaN" if bool(part.isnan().any()) else "+inf"
            raise StructureError(
                f"row {number} has {found} among its {name} scores", fix="Scores may be finite or -inf"
            )
    raise StructureError(
        f"row {number} has no possible output: every path of its {length} labels meets a score of -inf",
        fix="Look at the forbidden labels and transitions of this row",
    )


def _own_scores(one: Lattice, length: int) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]:
    """The scores of a single row of this length, without its padding."""
    transitions = one.transitions if one.shared else one.transitions[:, : length - 1]
    return one.emissions[:, :length], transitions if length > 1 else None, one.start, one.end


def reject_labels(lattice: Lattice, labels: Tensor) -> None:
    """Raise for the first of `labels [batch, n, words]` inside its row's length that is not a label.

    Raises:
        StructureError: names the row, the position and the label.
    """
    words, count = lattice.emissions.shape[1:]
    own = torch.arange(words, device=labels.device) < lattice.lengths.view(-1, 1, 1)
    wrong = (((labels < 0) | (labels >= count)) & own).nonzero()
    if wrong.numel():
        row, _, position = wrong[0].tolist()
        raise StructureError(
            f"row {row} has label {int(labels[tuple(wrong[0])])} at position {position}",
            fix=f"Labels are from 0 to {count - 1} here",
        )
