"""Forward and backward messages of a batch of chains, normalised at every step, in either ring.

With emissions E, transitions X and a normaliser c for every word:

    alpha_i = (alpha_{i-1} X_i) * E_i / c_i          so that alpha_i sums to 1, and log Z = sum_i log c_i
    beta_i  = X_{i+1} arrival_{i+1}                  and 1 at the last word
    arrival_i = beta_i * E_i / c_i
    p(y_i = b)              = alpha_i[b] beta_i[b]
    p(y_{i-1} = a, y_i = b) = alpha_{i-1}[a] X_i[a, b] arrival_i[b]

Largest scores are taken out first, so E and X are at most 1.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.folded import Folded
from syntagma.structures.kernels.reference.ring import LOGARITHMS, Ring


class Messages:
    """The two sweeps over a lattice. Forward at once; backward when something first asks for it."""

    def __init__(self, folded: Folded, ring: Ring) -> None:
        self.folded = folded
        self.ring = ring
        self._peaks = _finite(folded.emissions.amax(-1, keepdim=True))
        self._pair_peaks = _finite(_table_peaks(folded.transitions))
        self._emissions = ring.lift(folded.emissions - self._peaks)
        self.transitions = ring.lift(folded.transitions - self._pair_peaks)
        self.alpha, self.scale = self._forward()

    def _forward(self) -> tuple[Tensor, Tensor]:
        """`alpha [words, batch, labels]` and its normalisers `[words, batch, 1]`; zero and infinite in padding."""
        alpha, scale = torch.empty_like(self._emissions), torch.empty_like(self._peaks)
        alpha[0] = self._emissions[0]
        emissions, alphas, scales = self._emissions.unbind(0), alpha.unbind(0), scale.unbind(0)
        for i in range(len(alphas)):
            if i > 0:
                self.ring.arrive(alphas[i - 1], self._into(i), emissions[i], alphas[i])
            self.ring.normalise(alphas[i], scales[i])
        alpha.flatten(0, 1).index_fill_(0, self.folded.padded, self.ring.zero)
        scale.flatten(0, 1).index_fill_(0, self.folded.padded, torch.inf)
        return alpha, scale

    def silence(self, rows: Tensor) -> None:
        """Take `rows` for nothing, so that what overflowed there can reach no sum over rows."""
        self.alpha[:, rows] = self._emissions[:, rows] = self.ring.zero
        self.scale[:, rows] = self.ring.one

    def forbid(self, unreachable: Tensor, rows: Tensor) -> None:
        """Keep the backward sweep of `rows` from labels that no path arrives at, `[words, rows, labels]`.

        Nothing bounds the backward message there, and infinity times the forward message's 0 is not a number.
        """
        self._emissions[:, rows] = self._emissions[:, rows].masked_fill(unreachable, self.ring.zero)

    def _into(self, i: int) -> Tensor:
        """The transitions from word `i - 1` to word `i`."""
        return self.transitions if self.folded.shared else self.transitions[i - 1]

    @property
    def lengths(self) -> Tensor:
        """`[batch]`"""
        return self.folded.lengths

    @cached_property
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        valid = self.folded.valid
        total = (self.ring.logarithm(self.scale) + self._peaks).squeeze(-1).masked_fill_(~valid, 0.0).sum(0)
        if self.folded.shared:
            steps = self.folded.lengths - 1
            return total + torch.where(steps > 0, self._pair_peaks * steps, 0.0)
        return total + self._pair_peaks.flatten(2).squeeze(-1).masked_fill(~valid[1:], 0.0).sum(0)

    @cached_property
    def emitted(self) -> Tensor:
        """`E_i / c_i [words, batch, labels]`; zero in padding, because c is infinite there."""
        return self.ring.over(self._emissions, self.scale)

    @property
    def beta(self) -> Tensor:
        """`[words, batch, labels]`"""
        return self._backward[0]

    @cached_property
    def _backward(self) -> tuple[Tensor, Tensor]:
        """beta and arrival, `[words, batch, labels]`."""
        ring = self.ring
        last = torch.where(self.folded.last.unsqueeze(-1), ring.one, ring.zero).to(self.alpha.dtype)
        beta, arrival = last.expand_as(self.alpha).contiguous(), torch.empty_like(self.alpha)
        betas, arrivals, emitted = beta.unbind(0), arrival.unbind(0), self.emitted.unbind(0)
        for i in range(len(betas) - 1, 0, -1):
            ring.times(betas[i], emitted[i], out=arrivals[i])
            ring.add_advance(betas[i - 1], arrivals[i], self._into(i).mT)
        return beta, arrival

    def unary(self) -> Tensor:
        """Probability of every label at every word, `[words, batch, labels]`, 0 where padded."""
        return self.ring.probability(self.ring.times(self.alpha, self.beta))

    def pairs(self) -> Tensor:
        """Probability of every two neighbouring labels, `[words - 1, batch, from, to]`, 0 where padded."""
        ring = self.ring
        leaving = ring.times(self.alpha[:-1].unsqueeze(-1), self.transitions)
        return ring.probability(ring.times(leaving, self._backward[1][1:].unsqueeze(-2)))

    def pair_sum(self, weights: Tensor) -> Tensor:
        """`pairs()` weighted by row, `weights [batch]`, and summed over words and rows: `[from, to]`; shared tables."""
        return self.ring.pair_sum(self.alpha[:-1], self.transitions, self._backward[1][1:], weights)


def in_log_space(folded: Folded) -> Messages:
    """The exact sweeps, for a few rows."""
    return Messages(folded, LOGARITHMS)


def without_peaks(transitions: Tensor) -> Tensor:
    """The scores of each table less its largest."""
    return transitions - _finite(_table_peaks(transitions))


def _finite(peaks: Tensor) -> Tensor:
    return torch.where(peaks == -torch.inf, 0.0, peaks)


def _table_peaks(transitions: Tensor) -> Tensor:
    """The largest score of each table: `[]` for a shared one, `[words - 1, batch, 1, 1]` otherwise."""
    return transitions.amax() if transitions.dim() == 2 else transitions.amax((-2, -1), keepdim=True)
