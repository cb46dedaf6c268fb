"""The score of known paths: the sum of the scores that it passes."""

from __future__ import annotations

from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice, reject_labels
from syntagma.structures.label_checks import working_precision
from syntagma.structures.parts import own_words


def score(lattice: Lattice, labels: Tensor) -> Tensor:
    """Scores `[batch, n]` in float64 of `labels [batch, n, words]`, int64; differentiable in the lattice's scores.

    Raises:
        StructureError: a label that is not one of 0 to labels - 1.
    """
    words, count = lattice.emissions.shape[1:]
    valid = own_words(words, lattice.lengths, labels).unsqueeze(1)
    path = labels.where(valid, 0)
    if path.numel():
        lowest, highest = path.aminmax()
        if int(lowest) < 0 or int(highest) >= count:
            reject_labels(lattice, labels)
    unary = lattice.emissions.gather(2, path.mT).mT
    steps = path[..., :-1] * count + path[..., 1:]
    if lattice.shared:
        pairs = lattice.transitions.flatten()[steps]
    else:
        pairs = lattice.transitions.flatten(2).gather(2, steps.mT).mT
    total = _sum(unary, valid) + _sum(pairs, valid[..., 1:])
    if lattice.start is not None:
        total = total + _chosen(lattice.start, path[..., 0])
    if lattice.end is not None:
        total = total + _chosen(lattice.end, path.gather(2, _last(lattice, path)).squeeze(2))
    return total


def _sum(scores: Tensor, valid: Tensor) -> Tensor:
    return scores.where(valid, 0.0).sum(-1, dtype=working_precision(scores))


def _chosen(scores: Tensor, labels: Tensor) -> Tensor:
    """Of `[labels]` or `[batch, labels]`, those of `labels [batch, n]`."""
    return scores.expand(labels.shape[0], -1).gather(1, labels)


def _last(lattice: Lattice, path: Tensor) -> Tensor:
    return (lattice.lengths - 1).view(-1, 1, 1).expand(-1, path.shape[1], 1)
