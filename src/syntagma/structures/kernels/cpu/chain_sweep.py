"""Forward-backward of chains on the processor: the forward sweep at once, each backward one when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from syntagma.structures.kernels.cpu.chain_backward import backward, count_parts, spread_parts
from syntagma.structures.kernels.cpu.chain_forward import forward
from syntagma.structures.kernels.cpu.chain_sampling import sample_rows
from syntagma.structures.kernels.cpu.chain_scores import NO_SCORES, chain_scores
from syntagma.structures.kernels.cpu.threads import over_rows
from syntagma.structures.kernels.lattice import Gradient, Lattice
from syntagma.structures.kernels.reference.chain import ReferenceSweep
from syntagma.structures.kernels.reference.folded import fold
from syntagma.structures.kernels.reference.messages import in_log_space, without_peaks
from syntagma.structures.kernels.reference.ring import PROBABILITIES, Ring
from syntagma.structures.kernels.reference.sampling import draws, sample_by
from syntagma.structures.kernels.reference.window import window_log_prob
from syntagma.structures.parts import own_words

NO_LABELS = np.empty((0, 0), np.int64)


class CompiledSweep:
    """Forward-backward over a lattice on the processor; holds no history.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self._scores = chain_scores(lattice)
        batch, words, labels = lattice.emissions.shape
        width = -(-labels // 8) * 8
        self._alpha, self._lifted = np.empty((2, batch, words, width))  # one block, for malloc keeps one for the next
        self._scale, self._log_z = np.empty((batch, words)), np.empty(batch)
        self._messages = self._alpha, self._lifted, self._scale, self._log_z
        scores = self._scores.arrays
        over_rows(lambda first, last: forward(*scores, first, last, *self._messages), batch, lattice.work)
        self.exact_rows, self._exact = self._exactly()

    def _exactly(self) -> tuple[Tensor, ReferenceSweep | None]:
        """The rows that the forward sweep gave up, for the reference, which sums their logarithms."""
        lost = np.isnan(self._log_z)
        rows = torch.from_numpy(lost.nonzero()[0])
        if not rows.numel():
            return rows, None
        self._alpha[lost], self._scale[lost] = 0.0, 1.0
        return rows, ReferenceSweep(self.lattice.rows(rows), rows)

    def log_partition(self) -> Tensor:
        """`[batch]`"""
        log_z = torch.from_numpy(self._log_z)
        return log_z if self._exact is None else log_z.index_copy(0, self.exact_rows, self._exact.log_partition())

    def unary(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every label at every word, `[batch, words, labels]`."""
        dtype = dtype or torch.float64
        if self.lattice.shared:
            unary = torch.empty(self.lattice.emissions.shape, dtype=dtype)
            self._count(np.ones(len(self._log_z)), NO_LABELS, unary.numpy(), NO_SCORES)
        else:
            valid = own_words(self._alpha.shape[1], self.lattice.lengths, self.lattice.lengths).unsqueeze(-1)
            unary = (self._swept.alpha * self._swept.beta).transpose(0, 1).where(valid, 0.0).to(dtype)
        return unary if self._exact is None else unary.index_copy_(0, self.exact_rows, self._exact.unary(dtype))

    def pairs(self, dtype: torch.dtype | None = None) -> Tensor:
        """Probability of every two neighbouring labels, `[batch, words - 1, from, to]`."""
        batch, words, labels = self.lattice.emissions.shape
        pairs = torch.empty(batch, words - 1, labels, labels, dtype=dtype or torch.float64)
        unary = np.empty((batch, words, labels), pairs.numpy().dtype)
        self._spread(np.ones(batch), NO_LABELS, unary, pairs.numpy())
        return pairs if self._exact is None else pairs.index_copy_(0, self.exact_rows, self._exact.pairs(pairs.dtype))

    def gradient(self, weights: Tensor, labels: Tensor | None = None) -> Gradient:
        """Derivative of `sum over rows of weights * (log Z - score(labels))` by every score."""
        rows = np.ascontiguousarray(weights.detach().numpy(), np.float64)
        known = NO_LABELS if labels is None else np.ascontiguousarray(labels.numpy())
        unary = np.empty_like(self._scores.emissions)
        if self.lattice.shared:
            pairs, start, end = self._count(rows, known, unary, self._scores.transitions)
        else:
            pairs = np.empty_like(self._scores.transitions)
            start, end = self._spread(rows, known, unary, pairs)
        found = self._by_scores(unary, pairs, start, end)
        if self._exact is not None:
            own = None if labels is None else labels[self.exact_rows]
            self._add_exact(found, self._exact.gradient(weights.detach()[self.exact_rows], own))
        return found

    def _count(self, weights: Any, known: Any, unary: Any, of_pairs: Any) -> tuple[Any, Any, Any]:
        """Run `count_parts`; the pairs' sum `[from, to]` unless `of_pairs` is empty, and the sums of the ends."""
        labels, width = unary.shape[2], self._alpha.shape[2]

        def run(first: int, last: int) -> tuple[Any, Any, Any]:
            sums = np.zeros((len(of_pairs), width)), *self._end_sums()
            count_parts(*self._read(), weights, known, first, last, *self._messages, unary, *sums)
            return sums

        pairs, start, end = _summed(over_rows(run, len(unary), self.lattice.work))
        return pairs[:, :labels], start, end

    def _spread(self, weights: Any, known: Any, unary: Any, pairs: Any) -> tuple[Any, Any]:
        """Run `spread_parts`; the sums of the ends."""

        def run(first: int, last: int) -> tuple[Any, Any]:
            sums = self._end_sums()
            spread_parts(*self._read(), weights, known, first, last, *self._messages, unary, pairs, *sums)
            return sums

        start, end = _summed(over_rows(run, len(unary), 4 * self.lattice.work))
        return start, end

    def _read(self) -> tuple[Any, Any]:
        return self._scores.transitions, self._scores.lengths

    def _end_sums(self) -> tuple[Any, Any]:
        """Zeros for the sums over the first and last words' parts, each of the shape that its scores have."""
        return np.zeros(self._scores.start.shape), np.zeros(self._scores.end.shape)

    def _by_scores(self, *found: Any) -> Gradient:
        """Each in the shape and type of its scores."""
        return Gradient(*map(_as_scores, found, self.lattice.scores))  # type: ignore[arg-type]

    def _add_exact(self, found: Gradient, exact: Gradient) -> None:
        """Put the exact rows' derivatives in their rows, or add them where scores are shared."""
        for mine, theirs, by_row in zip(found, exact, self.lattice.by_row, strict=True):
            if mine is None or theirs is None:
                continue
            if by_row:
                mine.index_copy_(0, self.exact_rows, theirs)
            else:
                mine += theirs

    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[batch, words, labels]`."""
        log_alpha = self._swept.alpha.transpose(0, 1).log()
        return log_alpha if self._exact is None else log_alpha.index_copy_(0, self.exact_rows, self._exact.log_alpha())

    def sample(self, n: int, generator: torch.Generator | None) -> Tensor:
        """`n` paths of every row, `[batch, n, words]`, -1 where padded."""
        numbers = draws(self.lattice, n, generator)
        paths, given = torch.empty(numbers.shape, dtype=torch.int64), (self._alpha, self._log_z, numbers.numpy())
        work = n * self.lattice.emissions.numel()
        over_rows(lambda first, last: sample_rows(*self._read(), first, last, *given, paths.numpy()), len(paths), work)
        if self._exact is not None:
            exact = sample_by(numbers[self.exact_rows], self._exact.lattice, self._exact.log_alpha())
            paths.index_copy_(0, self.exact_rows, exact)
        return paths

    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability `[spans]` that the labels from `first` on lie in `allowed [spans, width, labels]`."""
        return window_log_prob(
            self._swept, lambda own: in_log_space(fold(self.lattice.rows(own))), rows, first, allowed
        )

    @cached_property
    def _swept(self) -> _Swept:
        """The messages of both directions as the reference has them."""
        messages, labels = np.empty_like(self._alpha), self.lattice.emissions.shape[2]
        given = self._lifted, self._scale, self._log_z, messages
        over_rows(lambda first, last: backward(*self._read(), first, last, *given), len(messages), self.lattice.work)
        alpha, scale, lifted, beta = (
            torch.from_numpy(part).transpose(0, 1)
            for part in (self._alpha, self._scale[..., None], self._lifted, messages)
        )
        table = torch.from_numpy(self._scores.transitions).double()
        table = table if self.lattice.shared else table.transpose(0, 1)
        return _Swept(
            (alpha / scale)[..., :labels],
            beta[..., :labels],
            (lifted / scale)[..., :labels],
            without_peaks(table).exp(),
            self.lattice.lengths,
        )


def _summed(parts: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The sums over ranges of rows."""
    return parts[0] if len(parts) == 1 else tuple(map(sum, zip(*parts, strict=True)))


def _as_scores(found: Any, scores: Tensor | None) -> Tensor | None:
    """A derivative, of the shape and type of its scores."""
    if scores is None:
        return None
    found = found.reshape(scores.shape)
    if scores.dtype == torch.float32:
        return torch.from_numpy(found.astype(np.float32, copy=False))
    return torch.from_numpy(found).to(scores.dtype)


@dataclass(frozen=True)
class _Swept:
    """See `reference.window.Swept`; anything in padding."""

    alpha: Tensor
    beta: Tensor
    emitted: Tensor
    transitions: Tensor
    lengths: Tensor
    ring: Ring = PROBABILITIES
