"""Exact samples from a chain: the last label from the forward message, then each label given the one after it."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import Sweep
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.parts import own_words


@torch.no_grad()
def sample(lattice: Lattice, sweep: Sweep, n: int, generator: torch.Generator | None) -> Tensor:
    """`n` paths of every row, `[batch, n, words]`, -1 where padded.

    p(y_i = a | y_{i+1} = b, words) is proportional to alpha_i[a] X_{i+1}[a, b].
    """
    log_alpha = sweep.log_alpha().transpose(0, 1)
    words, batch = log_alpha.shape[:2]
    label = torch.zeros(batch, n, dtype=torch.long, device=log_alpha.device)
    labels = label.new_full((words, batch, n), -1)
    for i in range(words - 1, -1, -1):
        logits = log_alpha[i].unsqueeze(1).expand(-1, n, -1)
        if i < words - 1:
            last = (lattice.lengths == i + 1).view(-1, 1, 1)
            logits = torch.where(last, logits, logits + _from_scores(lattice, i, label))
        # the argmax of p / q, q exponential, is a draw from p; a forbidden label stays at log 0 = -inf
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        label = (logits - race).argmax(-1)
        labels[i] = label
    valid = own_words(words, lattice.lengths, label).unsqueeze(1)
    return labels.permute(1, 2, 0).where(valid, -1)


def _from_scores(lattice: Lattice, i: int, label: Tensor) -> Tensor:
    """Transition scores `[batch, n, from]` from word `i` into `label [batch, n]` at word `i + 1`."""
    if lattice.shared:
        return lattice.transitions.T[label]
    tables = lattice.transitions[:, i].mT
    return tables.gather(1, label.unsqueeze(-1).expand(-1, -1, tables.shape[-1]))
