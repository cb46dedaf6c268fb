"""From the weighted marginals of parts to the derivative by scores, as they were given."""

from __future__ import annotations

from torch import Tensor

from syntagma.structures.kernels.lattice import Gradient, Lattice
from syntagma.structures.parts import boundary_parts, own_words


def by_scores(lattice: Lattice, weights: Tensor, unary: Tensor, pairs: Tensor, labels: Tensor | None) -> Gradient:
    """The derivative of `sum over rows of weights * (log Z - score(labels))`; of log Z alone without labels.

    `unary [batch, words, labels]` and `pairs`, either summed `[from, to]` or `[batch, words - 1, from, to]`, are
    marginals times their row's weight, and may be written over. `weights [batch]`, all in float64.
    """
    if labels is not None:
        _take_away(lattice, weights, labels, unary, pairs)
    _, _, first, last = boundary_parts(unary, pairs, lattice.lengths)
    start, end = _boundary(first, lattice.start), _boundary(last, lattice.end)
    return Gradient(unary.to(lattice.emissions.dtype), pairs.to(lattice.transitions.dtype), start, end)


def _take_away(lattice: Lattice, weights: Tensor, labels: Tensor, unary: Tensor, pairs: Tensor) -> None:
    """Each part that a row's labels have counts its weight less."""
    valid = own_words(labels.shape[1], lattice.lengths, labels)
    less, path = (-weights.unsqueeze(1)).where(valid, 0.0), labels.where(valid, 0)
    unary.scatter_add_(2, path.unsqueeze(2), less.unsqueeze(2))
    steps = path[:, :-1] * unary.shape[2] + path[:, 1:]
    if pairs.dim() == 2:
        pairs.view(-1).scatter_add_(0, steps.flatten(), less[:, 1:].flatten())
    else:
        pairs.flatten(2).scatter_add_(2, steps.unsqueeze(2), less[:, 1:].unsqueeze(2))


def _boundary(parts: Tensor, scores: Tensor | None) -> Tensor | None:
    """From `[batch, labels]` to the scores' own shape and type."""
    if scores is None:
        return None
    return (parts if scores.dim() == 2 else parts.sum(0)).to(scores.dtype)
