"""The reference sweep: probabilities for all rows, and an exact log-space pass for the few that would underflow."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice, reject_unusable
from syntagma.structures.kernels.reference.messages import Messages
from syntagma.structures.kernels.reference.ring import LOGARITHMS, PROBABILITIES

# A window less probable than e^-90 may have lost a part to underflow that counts; more probable ones cannot.
_FAINT = -90.0


class ReferenceSweep:
    """Forward-backward over a lattice in plain torch, on any device; holds no history.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        with torch.no_grad():
            self._fast = Messages(lattice, PROBABILITIES)
            self.exact_rows = _underflown(self._fast)
            self._exact = Messages(lattice.rows(self.exact_rows), LOGARITHMS) if self.exact_rows.numel() else None
        if self._exact is not None:
            reject_unusable(self._exact.lattice, self._exact.log_partition, self.exact_rows)
            self._fast.silence(self.exact_rows)

    @torch.no_grad()
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        return self._repaired(self._fast.log_partition, lambda exact: exact.log_partition, 0)

    @torch.no_grad()
    def unary(self) -> Tensor:
        """Probability of every label at every word, `[words, batch, labels]`."""
        return self._repaired(self._fast.unary(), Messages.unary, 1)

    @torch.no_grad()
    def pairs(self) -> Tensor:
        """Probability of every two neighbouring labels, `[words - 1, batch, from, to]`."""
        return self._repaired(self._fast.pairs(), Messages.pairs, 1)

    @torch.no_grad()
    def pair_sum(self, weights: Tensor) -> Tensor:
        """`pairs()` weighted by row, `weights [batch]`, summed over words and rows: `[from, to]`; shared table only."""
        result = self._fast.pair_sum(weights)
        return result if self._exact is None else result + self._exact.pair_sum(weights[self.exact_rows])

    @torch.no_grad()
    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[words, batch, labels]`."""
        return self._repaired(self._fast.alpha.log(), lambda exact: exact.alpha, 1)

    @torch.no_grad()
    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that a window's labels are allowed, `[spans]`; see `Messages.window`."""
        result = self._fast.window(rows, first, allowed)
        faint = (~(result >= _FAINT)).nonzero().flatten()  # all windows of a silenced row are: their probability is 0
        if faint.numel():
            own, inverse = torch.unique(rows[faint], return_inverse=True)
            exact = Messages(self.lattice.rows(own), LOGARITHMS)
            result[faint] = exact.window(inverse, first[faint], allowed[faint])
        return result

    def _repaired(self, result: Tensor, of: Callable[[Messages], Tensor], dim: int) -> Tensor:
        return result if self._exact is None else result.index_copy(dim, self.exact_rows, of(self._exact))


def _underflown(messages: Messages) -> Tensor:
    """The rows in which a label that some path reaches has lost its digits, or whose sum is not a number.

    The test is made on the forward messages alone, and is enough for the backward ones: what all reachable labels
    keep of the forward message bounds the backward message from above, and where that is tiny, so is the probability.
    """
    suspects = _suspects(messages)
    if not suspects.numel():
        return suspects
    lattice = messages.lattice.rows(suspects)
    reached, valid = _reached(lattice), lattice.valid.unsqueeze(-1)
    kept = messages.alpha[:, suspects] * messages.scale[:, suspects] >= _floor(messages)
    lost = (reached & valid & ~kept).any(-1).any(0) | ~messages.log_partition[suspects].isfinite()
    messages.forbid(~reached & valid, suspects)
    return suspects[lost]


def _suspects(messages: Messages) -> Tensor:
    """The rows with a label that is not forbidden itself and yet has next to no forward message; cheap to find."""
    lattice, floor = messages.lattice, _floor(messages)
    thin = ~(messages.alpha.amin(-1) * messages.scale.squeeze(-1) >= floor) & lattice.valid
    words, rows = thin.nonzero(as_tuple=True)
    arriving = messages.alpha[words, rows] * messages.scale[words, rows]
    faint = (~(arriving >= floor) & (lattice.emissions[words, rows] > -torch.inf)).any(-1)
    suspected = ~messages.log_partition.isfinite()
    suspected[rows[faint]] = True
    return suspected.nonzero().flatten()


def _floor(messages: Messages) -> float:
    return float(torch.finfo(messages.alpha.dtype).tiny ** 0.8)


def _reached(lattice: Lattice) -> Tensor:
    """Which labels some path from the start arrives at, `[words, batch, labels]`; anything in padding."""
    possible = lattice.emissions > -torch.inf
    allowed = (lattice.transitions > -torch.inf).to(lattice.emissions.dtype)
    reached = [possible[0]]
    for i in range(1, possible.shape[0]):
        table = allowed if lattice.shared else allowed[i - 1]
        arrived = PROBABILITIES.advance(reached[-1].to(allowed.dtype), table) > 0
        reached.append(arrived & possible[i])
    return torch.stack(reached)
