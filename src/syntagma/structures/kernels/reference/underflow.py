"""The underflow sentinel: which rows of a probability-space sweep have lost digits that count."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.reference.folded import Folded
from syntagma.structures.kernels.reference.messages import Messages
from syntagma.structures.kernels.reference.ring import PROBABILITIES


def underflown(messages: Messages) -> Tensor:
    """The rows in which a label that some path reaches has lost its digits, or whose sum is not a number.

    The test is made on the forward messages alone, and is enough for the backward ones: what all reachable labels
    keep of the forward message bounds the backward message from above, and where that is tiny, so is the probability.
    """
    suspects = _suspects(messages)
    if not suspects.numel():
        return suspects
    folded = messages.folded.rows(suspects)
    reached, valid = _reached(folded), folded.valid.unsqueeze(-1)
    kept = messages.alpha[:, suspects] * messages.scale[:, suspects] >= _floor(messages)
    lost = (reached & valid & ~kept).any(-1).any(0) | ~messages.log_partition[suspects].isfinite()
    messages.forbid(~reached & valid, suspects)
    return suspects[lost]


def _suspects(messages: Messages) -> Tensor:
    """The rows with a label that is not forbidden itself and yet has next to no forward message; cheap to find."""
    folded, floor = messages.folded, _floor(messages)
    thin = ~(messages.alpha.amin(-1) * messages.scale.squeeze(-1) >= floor) & folded.valid
    words, rows = thin.nonzero(as_tuple=True)
    arriving = messages.alpha[words, rows] * messages.scale[words, rows]
    faint = (~(arriving >= floor) & (folded.emissions[words, rows] > -torch.inf)).any(-1)
    suspected = ~messages.log_partition.isfinite()
    suspected[rows[faint]] = True
    return suspected.nonzero().flatten()


def _floor(messages: Messages) -> float:
    return float(torch.finfo(messages.alpha.dtype).tiny ** 0.8)


def _reached(folded: Folded) -> Tensor:
    """Which labels some path from the start arrives at, `[words, batch, labels]`; anything in padding."""
    possible = folded.emissions > -torch.inf
    allowed = (folded.transitions > -torch.inf).to(folded.emissions.dtype)
    reached = [possible[0]]
    for i in range(1, possible.shape[0]):
        table = allowed if folded.shared else allowed[i - 1]
        arrived = PROBABILITIES.advance(reached[-1].to(allowed.dtype), table) > 0
        reached.append(arrived & possible[i])
    return torch.stack(reached)
