"""allennlp's ConditionalRandomField; marginals by differentiating its normaliser."""

from __future__ import annotations

import torch
from problems import ChainProblem
from torch import Tensor

from peers.loading import open_folders, stand_in

open_folders("allennlp", "common", "modules", "nn")
stand_in("allennlp.common.util", int_to_device=None, is_distributed=None, is_global_primary=None)

from allennlp.modules.conditional_random_field import ConditionalRandomField  # noqa: E402


class Chain:
    """One problem in allennlp's terms; what is forbidden is in its scores, for its constraints don't reach its loss."""

    distribution = "allennlp"

    def __init__(self, problem: ChainProblem) -> None:
        self.problem, self.mask = problem, problem.mask
        self.crf = ConditionalRandomField(problem.emissions.shape[2])
        self.crf.transitions.data.copy_(problem.transitions)
        self.crf.start_transitions.data.copy_(problem.start)
        self.crf.end_transitions.data.copy_(problem.end)
        self.emissions = problem.emissions.clone().requires_grad_(True)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self.crf(self.emissions, self.problem.labels, self.mask)
        leaves = (self.emissions, self.crf.transitions, self.crf.start_transitions, self.crf.end_transitions)
        return torch.autograd.grad(loss, leaves)[:2]

    def viterbi(self) -> list[list[int]]:
        """The paths."""
        return [path for path, _ in self.crf.viterbi_tags(self.problem.emissions, self.mask)]

    def topk(self, k: int) -> list[list[list[int]]]:
        """k paths of each row."""
        found = self.crf.viterbi_tags(self.problem.emissions, self.mask, top_k=k)
        return [[path for path, _ in row] for row in found]

    def marginals(self) -> Tensor:
        """Of the labels."""
        log_z = self.crf._input_likelihood(self.emissions, self.crf.transitions, self.mask)
        return torch.autograd.grad(log_z.sum(), self.emissions)[0]
