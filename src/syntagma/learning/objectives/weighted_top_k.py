"""Weighted top-k distillation: the teacher's k best outputs, each as much as it is probable among them."""

from __future__ import annotations

from torch import Tensor

from syntagma.learning.objectives.paths import Paths
from syntagma.learning.objectives.top_k import TopK


class WeightedTopK(TopK):
    """`- sum over the k best outputs y of w(y) log p_student(y)`, w the softmax of their scores (arXiv 2004.03846).

    With as many outputs as there are, it is the structural objective.
    """

    def weights(self, target: Paths) -> Tensor:
        """The softmax of the outputs' scores, `[batch, k]`; 0 for one that is not there."""
        none = (~target.present).all(1, keepdim=True)
        return target.log_weights.masked_fill(none, 0.0).softmax(1).masked_fill(none, 0.0).where(target.present, 0.0)
