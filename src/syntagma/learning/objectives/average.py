"""Several objectives at once: their mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from syntagma.learning.objectives.objective import Objective, Target
from syntagma.structures import Structure


class Average:
    """The mean of several objectives, each with its own target; of posterior and weighted top-k, "Pos.+Top-WK".

    It is the mean, as the paper says (arXiv 2004.03846), where its code has the sum.
    """

    def __init__(self, objectives: Sequence[Objective]) -> None:
        self.objectives = list(objectives)

    def loss(self, targets: Sequence[Target], student: Structure[Any]) -> Tensor:
        """The mean of the losses, `[batch]`; the targets are in the order of the objectives."""
        losses = [one.loss(target, student) for one, target in zip(self.objectives, targets, strict=True)]
        return torch.stack(losses).mean(0)

    def interpolated(self, targets: Sequence[Target], gold: Tensor, share: float, student: Structure[Any]) -> Tensor:
        """`share` times the mean and `1 - share` times the negative log-likelihood of the gold outputs, `[batch]`."""
        losses = [
            one.interpolated(target, gold, share, student) for one, target in zip(self.objectives, targets, strict=True)
        ]
        return torch.stack(losses).mean(0)
