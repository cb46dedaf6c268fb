"""The probability that the labels of a window all lie in allowed sets, from the messages that meet at its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.ring import Ring

# A window less probable than e^-90 may have lost a part to underflow that counts; more probable ones cannot.
_FAINT = -90.0


class Swept(Protocol):
    """Messages of both directions, time first, as numbers of a ring; see `reference.messages`."""

    @property
    def ring(self) -> Ring:
        """What they are numbers of."""

    @property
    def alpha(self) -> Tensor:
        """`[words, batch, labels]`, normalised."""

    @property
    def beta(self) -> Tensor:
        """`[words, batch, labels]`"""

    @property
    def emitted(self) -> Tensor:
        """`[words, batch, labels]`, the emissions over the normaliser of alpha."""

    @property
    def transitions(self) -> Tensor:
        """`[from, to]` or `[words - 1, batch, from, to]`"""

    @property
    def lengths(self) -> Tensor:
        """`[batch]`"""


def window_log_prob(
    fast: Swept, exactly: Callable[[Tensor], Swept], rows: Tensor, first: Tensor, allowed: Tensor
) -> Tensor:
    """Log-probability `[spans]` that the labels from `first` on lie in `allowed [spans, width, labels]`.

    `exactly` sweeps in log space over some rows: those of windows so improbable that `fast` may have lost their digits.
    """
    result = _meet(fast, rows, first, allowed)
    faint = (~(result >= _FAINT)).nonzero().flatten()
    if faint.numel():
        own, inverse = torch.unique(rows[faint], return_inverse=True)
        result[faint] = _meet(exactly(own), inverse, first[faint], allowed[faint])
    return result


def _meet(swept: Swept, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
    """The forward message from before the window is carried through it, over allowed labels only.

    Behind it, it meets the backward message. What lies outside the row sets no condition.
    """
    ring, end = swept.ring, swept.lengths[rows] - 1
    permitted = torch.where(allowed, ring.one, ring.zero).to(swept.alpha.dtype)
    carried = swept.alpha[_between(first - 1, end), rows]
    for j in range(allowed.shape[1]):
        at = first + j
        here = _between(at, end)
        arrived = _arrive(swept, carried, here, rows)
        arrived = torch.where((at == 0).unsqueeze(1), swept.alpha[0, rows], arrived)
        inside = ((at >= 0) & (at <= end)).unsqueeze(1)
        carried = torch.where(inside, ring.times(arrived, permitted[:, j]), carried)
    beta = swept.beta[_between(first + allowed.shape[1] - 1, end), rows]
    return ring.logarithm(ring.total(ring.times(carried, beta))).squeeze(-1)


def _arrive(swept: Swept, message: Tensor, here: Tensor, rows: Tensor) -> Tensor:
    """One step of the forward sweep for each of the spans, into word `here [spans]` of row `rows [spans]`."""
    if swept.alpha.shape[0] == 1:
        return message
    matrix = swept.transitions if swept.transitions.dim() == 2 else swept.transitions[(here - 1).clamp(min=0), rows]
    return swept.ring.times(swept.ring.advance(message, matrix), swept.emitted[here, rows])


def _between(position: Tensor, end: Tensor) -> Tensor:
    return torch.minimum(position.clamp(min=0), end)
