"""Exact samples from a chain: the last label from the forward message, then each label given the one after it."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice


@torch.no_grad()
def sample_paths(lattice: Lattice, log_alpha: Tensor, n: int, generator: torch.Generator | None = None) -> Tensor:
    """`n` paths of every row, `[batch, n, words]`, -1 where padded. `log_alpha [words, batch, labels]`.

    p(y_i = a | y_{i+1} = b, words) is proportional to alpha_i[a] X_{i+1}[a, b].
    """
    words, batch = log_alpha.shape[:2]
    label = torch.zeros(batch, n, dtype=torch.long, device=log_alpha.device)
    labels = label.new_full((words, batch, n), -1)
    for i in range(words - 1, -1, -1):
        free = log_alpha[i].unsqueeze(1).expand(-1, n, -1)
        logits = free
        if i < words - 1:
            logits = torch.where(lattice.last[i].view(-1, 1, 1), free, free + _from_scores(lattice, i, label))
        # the argmax of p / q, q exponential, is a draw from p; a forbidden label stays at log 0 = -inf
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        label = (logits - race).argmax(-1)
        labels[i] = label
    return labels.masked_fill_(~lattice.valid.unsqueeze(-1), -1).permute(1, 2, 0)


def _from_scores(lattice: Lattice, i: int, label: Tensor) -> Tensor:
    """Transition scores `[batch, n, from]` from word `i` into `label [batch, n]` at word `i + 1`."""
    if lattice.shared:
        return lattice.transitions.T[label]
    tables = lattice.transitions[i].mT
    return tables.gather(1, label.unsqueeze(-1).expand(-1, -1, tables.shape[-1]))
