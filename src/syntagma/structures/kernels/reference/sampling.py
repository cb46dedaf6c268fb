"""Exact samples from a chain: the last label from the forward message, then each label given the one after it."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.dispatch import Sweep
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.label_checks import working_precision
from syntagma.structures.parts import own_words

# A draw below 1, rounded up to it by the product with the sum, would choose no label.
BELOW_ONE = 1.0 - 1e-15


def sample(lattice: Lattice, sweep: Sweep, n: int, generator: torch.Generator | None) -> Tensor:
    """`n` paths of every row, `[batch, n, words]`, -1 where padded."""
    return sample_by(draws(lattice, n, generator), lattice, sweep.log_alpha())


def draws(lattice: Lattice, n: int, generator: torch.Generator | None) -> Tensor:
    """The random numbers of n samples, `[batch, n, words]`, from 0 to below 1; the same for every kernel."""
    batch, words, _ = lattice.emissions.shape
    precision = working_precision(lattice.emissions)
    return torch.rand(batch, n, words, dtype=precision, device=lattice.emissions.device, generator=generator)


@torch.no_grad()
def sample_by(draws: Tensor, lattice: Lattice, log_alpha: Tensor) -> Tensor:
    """Paths by `draws [batch, n, words]`: a label is the first at which the running sum of shares exceeds its draw.

    p(y_i = a | y_{i+1} = b, words) is proportional to alpha_i[a] X_{i+1}[a, b].
    """
    words = draws.shape[2]
    label = torch.zeros(draws.shape[:2], dtype=torch.long, device=draws.device)
    labels = []
    for i in range(words - 1, -1, -1):
        logits = log_alpha[:, i].unsqueeze(1)
        if i < words - 1:
            onward = logits + _from_scores(lattice, i, label)
            logits = torch.where((lattice.lengths == i + 1).view(-1, 1, 1), logits, onward)
        sums = logits.softmax(-1).cumsum(-1)
        below = sums <= sums[..., -1:] * (draws[..., i] * BELOW_ONE).unsqueeze(-1)
        label = below.sum(-1).clamp(max=sums.shape[-1] - 1)  # the clamp is for what is in padding
        labels.append(label)
    valid = own_words(words, lattice.lengths, label).unsqueeze(1)
    return torch.stack(labels[::-1], 2).where(valid, -1)


def _from_scores(lattice: Lattice, i: int, label: Tensor) -> Tensor:
    """Transition scores `[batch, n, from]` from word `i` into `label [batch, n]` at word `i + 1`."""
    if lattice.shared:
        return lattice.transitions.T[label]
    tables = lattice.transitions[:, i].mT
    return tables.gather(1, label.unsqueeze(-1).expand(-1, -1, tables.shape[-1]))
