"""The reference for chains: probabilities for all rows, and an exact log-space pass for the few that underflow."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Gradient, Lattice, reject_unusable
from syntagma.structures.kernels.reference.best_paths import k_best, viterbi
from syntagma.structures.kernels.reference.folded import fold
from syntagma.structures.kernels.reference.gradient import by_scores
from syntagma.structures.kernels.reference.messages import Messages, in_log_space
from syntagma.structures.kernels.reference.ring import PROBABILITIES
from syntagma.structures.kernels.reference.sampling import sample
from syntagma.structures.kernels.reference.scores import score
from syntagma.structures.kernels.reference.underflow import underflown
from syntagma.structures.kernels.reference.window import window_log_prob

__all__ = ["ReferenceSweep", "k_best", "sample", "score", "sweep", "viterbi"]


class ReferenceSweep:
    """Forward-backward over a lattice in plain torch, on any device; holds no history.

    `names [rows]` are the rows' numbers in the caller's batch, where the lattice is only a part of it.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """

    def __init__(self, lattice: Lattice, names: Tensor | None = None) -> None:
        self.lattice = lattice
        with torch.no_grad():
            self._fast = Messages(fold(lattice), PROBABILITIES)
            self.exact_rows = underflown(self._fast)
            self._exact = self._exactly(self.exact_rows) if self.exact_rows.numel() else None
        if self._exact is not None:
            reject_unusable(lattice, self.log_partition(), names)
            self._fast.silence(self.exact_rows)

    def _exactly(self, rows: Tensor) -> Messages:
        return in_log_space(self._fast.folded.rows(rows))

    @torch.no_grad()
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        return self._repaired(self._fast.log_partition, lambda exact: exact.log_partition, 0)

    @torch.no_grad()
    def unary(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every label at every word, `[batch, words, labels]`."""
        return self._repaired(self._fast.unary(), Messages.unary, 1).transpose(0, 1).to(dtype or self._fast.alpha.dtype)

    @torch.no_grad()
    def pairs(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every two neighbouring labels, `[batch, words - 1, from, to]`."""
        return self._repaired(self._fast.pairs(), Messages.pairs, 1).transpose(0, 1).to(dtype or self._fast.alpha.dtype)

    @torch.no_grad()
    def gradient(self, weights: Tensor, labels: Tensor | None = None) -> Gradient:
        """Derivative of `sum over rows of weights * (log Z - score(labels))` by every score."""
        rows = weights.to(self._fast.alpha.dtype)
        unary, pairs = self.unary() * rows.view(-1, 1, 1), self._weighted_pairs(rows)
        return by_scores(self.lattice, rows, unary, pairs, labels)

    @torch.no_grad()
    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[batch, words, labels]`."""
        return self._repaired(self._fast.alpha.log(), lambda exact: exact.alpha, 1).transpose(0, 1)

    @torch.no_grad()
    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that a window's labels are allowed, `[spans]`; see `Messages.window`."""
        return window_log_prob(self._fast, self._exactly, rows, first, allowed)

    def _weighted_pairs(self, weights: Tensor) -> Tensor:
        if not self.lattice.shared:
            return self.pairs() * weights.view(-1, 1, 1, 1)
        result = self._fast.pair_sum(weights)
        return result if self._exact is None else result + self._exact.pair_sum(weights[self.exact_rows])

    def _repaired(self, result: Tensor, of: Callable[[Messages], Tensor], dim: int) -> Tensor:
        return result if self._exact is None else result.index_copy(dim, self.exact_rows, of(self._exact))


def sweep(lattice: Lattice) -> ReferenceSweep:
    """Forward-backward over a lattice."""
    return ReferenceSweep(lattice)
