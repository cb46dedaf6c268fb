"""TorchCRF: another layer, with pytorch-crf's recurrences. It has no k-best; marginals by differentiating."""

from __future__ import annotations

import torch
import TorchCRF
from problems import ChainProblem
from torch import Tensor


class Chain:
    """One problem in TorchCRF's terms."""

    distribution = "TorchCRF"

    def __init__(self, problem: ChainProblem) -> None:
        self.problem, self.mask = problem, problem.mask
        self.crf = TorchCRF.CRF(problem.emissions.shape[2], use_gpu=False)
        self.crf.trans_matrix.data.copy_(problem.transitions)
        self.crf.start_trans.data.copy_(problem.start)
        self.crf.end_trans.data.copy_(problem.end)
        self.emissions = problem.emissions.clone().requires_grad_(True)

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        loss = -self.crf(self.emissions, self.problem.labels, self.mask).sum()
        leaves = (self.emissions, self.crf.trans_matrix, self.crf.start_trans, self.crf.end_trans)
        return torch.autograd.grad(loss, leaves)[:2]

    @torch.no_grad()
    def viterbi(self) -> list[list[int]]:
        """The paths."""
        return self.crf.viterbi_decode(self.problem.emissions, self.mask)

    def marginals(self) -> Tensor:
        """Of the labels."""
        log_z = self.crf._compute_denominator_log_likelihood(self.emissions, self.mask)
        return torch.autograd.grad(log_z.sum(), self.emissions)[0]
