"""The loop that CRF layers are written as, on any device: log-space, a few launches a word, differentiated by autograd.

What pytorch-crf, TorchCRF, allennlp and flair do, less what each of them does beside it; the peer where none is there.
"""

from __future__ import annotations

import torch
from problems import ChainProblem
from torch import Tensor


class Chain:
    """One problem in a loop's terms."""

    def __init__(self, problem: ChainProblem) -> None:
        self.problem, self.mask = problem, problem.mask
        scores = (problem.emissions, problem.transitions, problem.start, problem.end)
        self.leaves = [part.clone().requires_grad_(True) for part in scores]

    def loss(self) -> tuple[Tensor, Tensor]:
        """Gradient by emissions and transitions."""
        emissions, transitions, *_ = torch.autograd.grad((self._log_z() - self._score()).sum(), self.leaves)
        return emissions, transitions

    def marginals(self) -> Tensor:
        """Of the labels, as most layers have to get them."""
        return torch.autograd.grad(self._log_z().sum(), self.leaves[0])[0]

    @torch.no_grad()
    def viterbi(self) -> Tensor:
        """The paths, `[batch, words]`, traced back for all rows at once: most layers do it row by row, and wait."""
        _, transitions, start, end = self.leaves
        first, *others = self.leaves[0].unbind(1)
        best, origins = first + start, []
        stay = torch.arange(best.shape[1], device=best.device).expand_as(best)
        for i, emissions in enumerate(others, start=1):
            following, origin = (best.unsqueeze(2) + transitions).max(1)
            here = self.mask[:, i].unsqueeze(1)
            best = torch.where(here, following + emissions, best)
            origins.append(torch.where(here, origin, stay))
        path = [(best + end).argmax(1)]
        for origin in reversed(origins):
            path.append(origin.gather(1, path[-1].unsqueeze(1))[:, 0])
        return torch.stack(path[::-1], 1)

    def _log_z(self) -> Tensor:
        _, transitions, start, end = self.leaves
        first, *others = self.leaves[0].unbind(1)
        alpha = first + start
        for i, emissions in enumerate(others, start=1):
            following = (alpha.unsqueeze(2) + transitions).logsumexp(1) + emissions
            alpha = torch.where(self.mask[:, i].unsqueeze(1), following, alpha)
        return (alpha + end).logsumexp(1)

    def _score(self) -> Tensor:
        emissions, transitions, start, end = self.leaves
        labels, mask = self.problem.labels, self.mask
        unary = emissions.gather(2, labels.unsqueeze(2))[..., 0] * mask
        pairs = transitions[labels[:, :-1], labels[:, 1:]] * mask[:, 1:]
        last = labels.gather(1, self.problem.lengths.unsqueeze(1) - 1)[:, 0]
        return unary.sum(1) + pairs.sum(1) + start[labels[:, 0]] + end[last]
