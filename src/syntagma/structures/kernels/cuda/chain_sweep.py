"""Forward-backward of chains on the GPU: the forward sweep at once, each backward one when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from syntagma.structures.kernels.cuda.backward import backward
from syntagma.structures.kernels.cuda.forward import forward
from syntagma.structures.kernels.cuda.launching import Launch
from syntagma.structures.kernels.lattice import Gradient, Lattice
from syntagma.structures.kernels.reference.chain import ReferenceSweep
from syntagma.structures.kernels.reference.folded import fold
from syntagma.structures.kernels.reference.messages import in_log_space, without_peaks
from syntagma.structures.kernels.reference.ring import PROBABILITIES, Ring
from syntagma.structures.kernels.reference.window import window_log_prob


class CudaSweep:
    """Forward-backward over a lattice on the GPU; holds no history.

    The rows that underflow may have touched are the reference's, which sums logarithms where it must. To know them is
    the one wait for the GPU.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self._launch = launch = Launch(lattice)
        shape = launch.words, launch.labels
        self._arriving, self._factors, self._log_z = launch.empty(*shape), launch.empty(*shape), launch.empty()
        self._doubtful = launch.empty(dtype=torch.bool)
        self.launch_forward()
        self.exact_rows = self._doubtful.nonzero().flatten()
        self._exact = None
        if self.exact_rows.numel():
            self._exact = ReferenceSweep(lattice.rows(self.exact_rows), self.exact_rows)

    def launch_forward(self) -> None:
        """Begin the forward sweep, without waiting for it."""
        outputs = self._arriving, self._factors, self._log_z, self._doubtful
        self._launch.over_rows(forward, *self._launch.scores, *outputs, **self._launch.rows)

    def log_partition(self) -> Tensor:
        """`[batch]`"""
        if self._exact is None:
            return self._log_z
        return self._log_z.index_copy(0, self.exact_rows, self._exact.log_partition())

    def unary(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every label at every word, `[batch, words, labels]`."""
        unary = self._empty_unary(dtype or torch.float64)
        self._backward(unary=unary)
        return unary if self._exact is None else unary.index_copy_(0, self.exact_rows, self._exact.unary(unary.dtype))

    def pairs(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every two neighbouring labels, `[batch, words - 1, from, to]`."""
        pairs = self._empty_pairs(dtype or torch.float64)
        self._backward(unary=self._empty_unary(pairs.dtype), pairs=pairs)
        return pairs if self._exact is None else pairs.index_copy_(0, self.exact_rows, self._exact.pairs(pairs.dtype))

    def gradient(self, weights: Tensor, labels: Tensor | None = None) -> Gradient:
        """Derivative of `sum over rows of weights * (log Z - score(labels))` by every score."""
        lattice, launch = self.lattice, self._launch
        unary = self._empty_unary(lattice.emissions.dtype)
        ends = launch.empty(2, launch.labels)
        given = {"weights": weights.contiguous(), "path": None if labels is None else labels.contiguous()}
        if launch.shared:
            sums = launch.empty(launch.labels, launch.labels)
            self._backward(unary=unary, ends=ends, sums=sums, **given)
            tables = sums.sum(0).T.to(lattice.transitions.dtype)
        else:
            tables = self._empty_pairs(lattice.transitions.dtype)
            self._backward(unary=unary, ends=ends, pairs=tables, **given)
        found = Gradient(unary, tables, _of_end(ends[:, 0], lattice.start), _of_end(ends[:, 1], lattice.end))
        if self._exact is not None:
            own = None if labels is None else labels[self.exact_rows]
            self._add_exact(found, self._exact.gradient(weights[self.exact_rows], own))
        return found

    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[batch, words, labels]`."""
        log_alpha = self._arriving.log() - self._arriving.sum(-1, keepdim=True).log()
        return log_alpha if self._exact is None else log_alpha.index_copy_(0, self.exact_rows, self._exact.log_alpha())

    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability `[spans]` that the labels from `first` on lie in `allowed [spans, width, labels]`."""
        return window_log_prob(
            self._swept, lambda own: in_log_space(fold(self.lattice.rows(own))), rows, first, allowed
        )

    def _backward(self, **options: Any) -> None:
        """Launch the backward sweep, for what the options name."""
        launch = self._launch
        transposed = launch.shared and "pairs" not in options
        table = launch.transitions.T.contiguous() if transposed else launch.transitions
        given = self._arriving, self._factors, table, launch.lengths, self._doubtful
        launch.over_rows(backward, *given, TRANSPOSED=transposed, **options)

    def _empty_unary(self, dtype: torch.dtype) -> Tensor:
        return self._launch.empty(self._launch.words, self._launch.labels, dtype=dtype)

    def _empty_pairs(self, dtype: torch.dtype) -> Tensor:
        labels = self._launch.labels
        return self._launch.empty(self._launch.words - 1, labels, labels, dtype=dtype)

    def _add_exact(self, found: Gradient, exact: Gradient) -> None:
        """Put the exact rows' derivatives in their rows, or add them where scores are shared."""
        for mine, theirs, by_row in zip(found, exact, self.lattice.by_row, strict=True):
            if mine is None or theirs is None:
                continue
            if by_row:
                mine.index_copy_(0, self.exact_rows, theirs)
            else:
                mine += theirs

    @cached_property
    def _swept(self) -> _Swept:
        returning = self._empty_unary(torch.float64)
        self._backward(unary=self._empty_unary(torch.float64), returning=returning)
        table = self._launch.transitions.double()
        table = without_peaks(table if self._launch.shared else table.transpose(0, 1)).exp()
        alpha, beta, emitted = (part.transpose(0, 1) for part in (self._arriving, returning, self._factors))
        return _Swept(alpha, beta, emitted, table, self._launch.lengths)


@dataclass(frozen=True)
class _Swept:
    """See `reference.window.Swept`. What alpha is normalised to here, beta makes up for."""

    alpha: Tensor
    beta: Tensor
    emitted: Tensor
    transitions: Tensor
    lengths: Tensor
    ring: Ring = PROBABILITIES


def _of_end(parts: Tensor, scores: Tensor | None) -> Tensor | None:
    """From `[batch, labels]` to the shape and type of an end's scores."""
    if scores is None:
        return None
    return (parts if scores.dim() == 2 else parts.sum(0)).to(scores.dtype)
