"""Cross-entropy and divergence between any two structures over the same outputs, or from known outputs."""

from __future__ import annotations

from torch import Tensor

from syntagma.structures.parts import ChainParts
from syntagma.structures.structure import Parts, Structure


def cross_entropy(target: Structure[Parts] | Parts | Tensor, dist: Structure[Parts]) -> Tensor:
    """`- sum over y of p_target(y) log p_dist(y)` in nats, `[batch]`.

    It takes only the target's marginals of `dist`'s parts: `log Z - sum over parts of p_target(part) * score(part)`
    (structural knowledge distillation, arXiv 2010.05010). Gradients flow into both; a teacher is given detached.

    Args:
        target: another structure, its marginals, or known outputs (then it is the negative log-likelihood).
        dist: the structure to compare with it.
    """
    if isinstance(target, Tensor):
        return -dist.log_prob(target)
    return -dist.expected_log_prob(target.expected_parts() if isinstance(target, Structure) else target)


def kl(target: Structure[ChainParts] | ChainParts | Tensor, dist: Structure[ChainParts]) -> Tensor:
    """`sum over y of p_target(y) log (p_target(y) / p_dist(y))` in nats, `[batch]`; arguments as `cross_entropy`."""
    if isinstance(target, Tensor):
        return cross_entropy(target, dist)
    parts = target.expected_parts() if isinstance(target, Structure) else target
    own = -target.expected_log_prob(parts) if isinstance(target, Structure) else parts.entropy()
    return cross_entropy(parts, dist) - own
