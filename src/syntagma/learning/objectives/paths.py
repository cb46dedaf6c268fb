"""The best outputs of a teacher with their weights: the target of the k-best objectives."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from syntagma.structures import Structure
from syntagma.structures.conversions import Alignment, convert_outputs


class Paths(NamedTuple):
    """k outputs of each row, in the student's terms."""

    outputs: Tensor
    """`[batch, k, ...]` as the student's `log_prob` takes them; the first again where there are fewer than k."""
    log_weights: Tensor
    """`[batch, k]`: log of the share of each among the k best; -inf where there is none, or the student forbids it."""

    @property
    def present(self) -> Tensor:
        """`[batch, k]` bool: it counts."""
        return self.log_weights > -torch.inf


@torch.no_grad()
def best_paths(teacher: Structure[Any], student: Structure[Any], labels: Alignment, k: int) -> tuple[Paths, Tensor]:
    """The teacher's k best outputs, and the share `[batch]` of their weight that the student forbids.

    Raises:
        StructureError: the teacher's outputs are none of such a student.
    """
    best = teacher.topk(k)
    log_weights = best.scores.double().log_softmax(1)
    outputs = convert_outputs(best.outputs, teacher, student, labels.index)
    there = (best.scores > -torch.inf).view(*best.scores.shape, *[1] * (outputs.dim() - 2))
    outputs = outputs.where(there, outputs[:, :1])
    allowed = student.log_prob(outputs) > -torch.inf
    lost = log_weights.exp().masked_fill(allowed, 0.0).sum(1)
    return Paths(outputs, log_weights.masked_fill(~allowed, -torch.inf).float()), lost
