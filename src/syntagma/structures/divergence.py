"""Cross-entropy and divergence between any two structures over the same outputs, or from known outputs."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.conversions import convert
from syntagma.structures.parts import ChainParts, LabelParts, Parts
from syntagma.structures.structure import Structure


def cross_entropy(target: Structure[Any] | Parts | Tensor, dist: Structure[Any]) -> Tensor:
    """`- sum over y of p_target(y) log p_dist(y)` in nats, `[batch]`.

    It takes only the target's marginals of `dist`'s parts: `log Z - sum over parts of p_target(part) * score(part)`
    (structural knowledge distillation, arXiv 2010.05010). Gradients flow into both; a teacher is given detached.

    Args:
        target: another structure, its marginals, or known outputs (then it is the negative log-likelihood).
        dist: the structure to compare with it.

    Raises:
        StructureError: the target's parts say nothing about `dist`'s.
    """
    if isinstance(target, Tensor):
        return -dist.log_prob(target)
    parts = target.expected_parts() if isinstance(target, Structure) else target
    return -dist.expected_log_prob(convert(parts, dist.parts, dist.lengths))


def kl(target: Structure[Any] | Parts | Tensor, dist: Structure[Any]) -> Tensor:
    """`sum over y of p_target(y) log (p_target(y) / p_dist(y))` in nats, `[batch]`; arguments as `cross_entropy`.

    Raises:
        StructureError: also where the target is given as marginals that do not fix its entropy, as those of trees.
    """
    if isinstance(target, Tensor):
        return cross_entropy(target, dist)
    if isinstance(target, Structure):
        parts = target.expected_parts()
        return cross_entropy(parts, dist) + target.expected_log_prob(parts)
    if isinstance(target, ChainParts | LabelParts):
        return cross_entropy(target, dist) - target.entropy()
    raise StructureError(
        f"the target is given as {type(target).__name__}, which do not fix its entropy",
        fix="Give the target structure itself, or use cross_entropy",
    )
