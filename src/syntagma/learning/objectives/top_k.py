"""Top-k distillation: the teacher's k best outputs, each as if it were right."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from syntagma.learning.objectives.objective import Objective, Prepared, Target
from syntagma.learning.objectives.paths import Paths, best_paths
from syntagma.learning.objectives.temperature import Temperature
from syntagma.structures import Structure, cross_entropy
from syntagma.structures.conversions import Alignment


class TopK(Objective):
    """`- (1 / k) sum over the k best outputs y of log p_student(y)` (arXiv 2004.03846).

    Where a sentence has fewer than k outputs, the mean is over those. A teacher's temperature does not change which
    are best; the student has it.
    """

    def __init__(self, k: int, temperature: Temperature | None = None) -> None:
        self.k = k
        self.temperature = temperature or Temperature()

    def target(self, teacher: Structure[Any], student: Structure[Any], labels: Alignment) -> Prepared:
        """The k best outputs of the teacher at the temperature."""
        softer = teacher.detach().tempered(self.temperature.value)
        return Prepared(*best_paths(softer, student.detach(), labels, self.k))

    def loss(self, target: Target, student: Structure[Any]) -> Tensor:
        """The mean negative log-likelihood, `[batch]`; 0 where the student forbids all outputs."""
        assert isinstance(target, Paths)
        softer = student if self.temperature.value == 1 else student.tempered(self.temperature.value)
        each = cross_entropy(target.outputs, softer)  # [batch, k]
        weights = self.weights(target).to(each.dtype)
        return self.temperature.factor * (weights * each.where(target.present, 0.0)).sum(1)

    def interpolated(self, target: Target, gold: Tensor, share: float, student: Structure[Any]) -> Tensor:
        """As of any objective; at temperature 1 the gold output is one more beside the k."""
        assert isinstance(target, Paths)
        if self.temperature.value != 1:
            return super().interpolated(target, gold, share, student)
        each = cross_entropy(torch.cat([target.outputs, gold.unsqueeze(1)], 1), student)  # [batch, k + 1]
        weights = share * self.weights(target).to(each.dtype)
        return (weights * each[:, :-1].where(target.present, 0.0)).sum(1) + (1 - share) * each[:, -1]

    def weights(self, target: Paths) -> Tensor:
        """How much each output counts, `[batch, k]`; 0 for one that is not there."""
        return target.present / target.present.sum(1, keepdim=True).clamp(min=1)
