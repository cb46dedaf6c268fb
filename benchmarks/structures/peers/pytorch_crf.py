"""pytorch-crf: the layer most taggers use. It has no k-best; marginals as its users get them, by differentiating."""

from __future__ import annotations

import torch
import torchcrf
from problems import ChainProblem
from torch import Tensor


class Chain:
    """One problem in pytorch-crf's terms."""

    distribution = "pytorch-crf"

    def __init__(self, problem: ChainProblem) -> None:
        self.problem, self.mask = problem, problem.mask
        self.crf = torchcrf.CRF(problem.emissions.shape[2], batch_first=True)
        self.crf.transitions.data.copy_(problem.transitions)
        self.crf.start_transitions.data.copy_(problem.start)
        self.crf.end_transitions.data.copy_(problem.end)
        self.emissions = problem.emissions.clone().requires_grad_(True)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self.crf(self.emissions, self.problem.labels, mask=self.mask)
        leaves = (self.emissions, self.crf.transitions, self.crf.start_transitions, self.crf.end_transitions)
        return torch.autograd.grad(loss, leaves)[:2]

    @torch.no_grad()
    def viterbi(self) -> list[list[int]]:
        """The paths."""
        return self.crf.decode(self.problem.emissions, mask=self.mask)

    def marginals(self) -> Tensor:
        """Of the labels."""
        log_z = self.crf._compute_normalizer(self.emissions.transpose(0, 1), self.mask.T)
        return torch.autograd.grad(log_z.sum(), self.emissions)[0]
