"""What is right, in float64 and log space, written for certainty instead of speed: errors are measured against it.

None of it uses a kernel of ours or a peer's code. The matrix-tree theorem takes decimals of thousands of digits: at a
score scale of 100 the Laplacian's entries differ by hundreds of orders of magnitude, and its determinant cancels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cached_property

import torch
from problems import ChainProblem, TreeProblem
from torch import Tensor

_EXPONENT = 10**9


@dataclass(frozen=True)
class ExactChain:
    """Forward-backward and k-best of a chain."""

    problem: ChainProblem

    @cached_property
    def _scores(self) -> tuple[Tensor, Tensor]:
        """Emissions with start and end in them, transitions."""
        p = self.problem
        emissions = p.emissions.double().clone()
        emissions[:, 0] += p.start.double()
        emissions[torch.arange(len(p.lengths)), p.lengths - 1] += p.end.double()
        return emissions, p.transitions.double()

    @cached_property
    def _messages(self) -> tuple[Tensor, Tensor, Tensor]:
        """alpha and beta `[words, batch, labels]`, log Z `[batch]`."""
        (emissions, transitions), lengths = self._scores, self.problem.lengths
        words = emissions.shape[1]
        alpha, beta = [emissions[:, 0]], [torch.zeros_like(emissions[:, 0])]
        for i in range(1, words):
            alpha.append((alpha[-1].unsqueeze(2) + transitions).logsumexp(1) + emissions[:, i])
        for i in range(words - 1, 0, -1):
            step = (transitions + (emissions[:, i] + beta[-1]).unsqueeze(1)).logsumexp(2)
            beta.append(torch.where((i < lengths).unsqueeze(1), step, 0.0))
        forward, backward = torch.stack(alpha), torch.stack(beta[::-1])
        rows = torch.arange(len(lengths))
        return forward, backward, forward[lengths - 1, rows].logsumexp(1)

    @property
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        return self._messages[2]

    @cached_property
    def marginals(self) -> Tensor:
        """Of the labels, `[batch, words, labels]`, 0 in padding."""
        forward, backward, log_z = self._messages
        log = (forward + backward - log_z.unsqueeze(1)).transpose(0, 1)
        return log.where(self.problem.mask.unsqueeze(2), float("-inf")).exp()

    @cached_property
    def pairs(self) -> Tensor:
        """Sum of the marginals of pairs over words and rows, `[labels, labels]`."""
        (emissions, transitions), (forward, backward, log_z) = self._scores, self._messages
        total = torch.zeros_like(transitions)
        for i in range(1, emissions.shape[1]):
            live = self.problem.lengths > i
            right = (emissions[live, i] + backward[i, live]).unsqueeze(1)
            total += (forward[i - 1, live].unsqueeze(2) + transitions + right - log_z[live].view(-1, 1, 1)).exp().sum(0)
        return total

    @property
    def loss_gradient(self) -> tuple[Tensor, Tensor]:
        """Of the negative log-likelihood of the gold labels, by emissions and by transitions."""
        p, count = self.problem, len(self.problem.transitions)
        gold = torch.nn.functional.one_hot(p.labels, count) * p.mask.unsqueeze(2)
        steps = (p.labels[:, :-1] * count + p.labels[:, 1:])[p.mask[:, 1:]]
        return self.marginals - gold, self.pairs - steps.bincount(minlength=count * count).view(count, count)

    def best_scores(self, k: int) -> Tensor:
        """Scores of the k best paths, `[batch, k]`, -inf where there are fewer."""
        (emissions, transitions), lengths = self._scores, self.problem.lengths
        batch, words, count = emissions.shape
        best = emissions.new_full((batch, count, k), float("-inf"))
        best[:, :, 0] = emissions[:, 0]
        kept = [best]
        for i in range(1, words):
            steps = best.unsqueeze(3) + transitions.unsqueeze(1)  # [batch, from, k, to]
            best = steps.flatten(1, 2).topk(k, dim=1).values.transpose(1, 2) + emissions[:, i].unsqueeze(2)
            kept.append(best)
        last = torch.stack(kept)[lengths - 1, torch.arange(batch)]
        return last.flatten(1).topk(k, dim=1).values

    def path_scores(self, paths: list[list[int]]) -> Tensor:
        """Scores of one path a row, `[batch]`; -inf of a forbidden one."""
        emissions, transitions = self._scores
        scores = []
        for row, path in enumerate(paths):
            labels = torch.tensor(path)
            words = emissions[row, torch.arange(len(path)), labels].sum()
            scores.append(words + transitions[labels[:-1], labels[1:]].sum())
        return torch.stack(scores)


@dataclass(frozen=True)
class ExactProjective:
    """Eisner's algorithm over spans, one root; the marginals by autograd through it."""

    problem: TreeProblem

    @cached_property
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        return self._inside(self.problem.arcs.double(), torch.logsumexp)

    @cached_property
    def marginals(self) -> Tensor:
        """`[batch, words, 1 + words]`"""
        arcs = self.problem.arcs.double().requires_grad_(True)
        return torch.autograd.grad(self._inside(arcs, torch.logsumexp).sum(), arcs)[0]

    @cached_property
    def best_scores(self) -> Tensor:
        """`[batch]`"""
        return self._inside(self.problem.arcs.double(), torch.amax)

    def scores(self, heads: Tensor) -> Tensor:
        """Scores of `heads [batch, words]`, padding not read."""
        valid = torch.arange(heads.shape[1]) < self.problem.lengths.unsqueeze(1)
        chosen = self.problem.arcs.double().gather(2, heads.where(valid, 0).unsqueeze(2)).squeeze(2)
        return chosen.where(valid, 0.0).sum(1)

    def _inside(self, arcs: Tensor, total: Callable[[Tensor, int], Tensor]) -> Tensor:
        """Sum or maximum over trees, by spans from their head to one side, with all dependents there or still open."""
        words = arcs.shape[1]
        complete = {(i, i): arcs.new_zeros(len(arcs)) for i in range(1, words + 1)}
        open_: dict[tuple[int, int], Tensor] = {}
        for width in range(1, words):
            for i in range(1, words + 1 - width):
                j = i + width
                inner = total(torch.stack([complete[i, r] + complete[j, r + 1] for r in range(i, j)], 1), 1)
                open_[i, j], open_[j, i] = inner + arcs[:, j - 1, i], inner + arcs[:, i - 1, j]
                complete[i, j] = total(torch.stack([open_[i, r] + complete[r, j] for r in range(i + 1, j + 1)], 1), 1)
                complete[j, i] = total(torch.stack([complete[r, i] + open_[j, r] for r in range(i, j)], 1), 1)
        rows = []
        for row, length in enumerate(self.problem.lengths.tolist()):
            roots = [arcs[row, r - 1, 0] + complete[r, 1][row] + complete[r, length][row] for r in range(1, length + 1)]
            rows.append(total(torch.stack(roots), 0))
        return torch.stack(rows)


@dataclass(frozen=True)
class ExactMatrixTree:
    """Koo et al.'s theorem in decimals."""

    problem: TreeProblem

    @cached_property
    def log_partition(self) -> Tensor:
        """`[batch]`"""
        return torch.tensor([log_z for log_z, _ in self._rows], dtype=torch.float64)

    @cached_property
    def marginals(self) -> Tensor:
        """`[batch, words, 1 + words]`"""
        result = torch.zeros_like(self.problem.arcs, dtype=torch.float64)
        for row, (_, marginals) in enumerate(self._rows):
            words = len(marginals)
            result[row, :words, : words + 1] = marginals
        return result

    @cached_property
    def _rows(self) -> list[tuple[float, Tensor]]:
        pairs = zip(self.problem.arcs, self.problem.lengths.tolist(), strict=True)
        return [matrix_tree(arcs[:n, : n + 1]) for arcs, n in pairs]


def matrix_tree(arcs: Tensor) -> tuple[float, Tensor]:
    """log Z of one sentence's trees with one root, and the marginals `[words, 1 + words]`, from `arcs` of that shape.

    The digits are doubled until log Z and the marginals stay the same.
    """
    digits, before = 200, None
    while True:
        log_z, marginals = _matrix_tree(arcs, digits)
        if before is not None and float((before - marginals).abs().max()) < 1e-12:
            return log_z, marginals
        digits, before = digits * 2, marginals


def _matrix_tree(arcs: Tensor, digits: int) -> tuple[float, Tensor]:
    """Koo et al. (2007), equations 8 to 10: the Laplacian with the root's scores in its first row."""
    words = len(arcs)
    with localcontext(prec=digits, Emax=_EXPONENT, Emin=-_EXPONENT):
        weight = [[Decimal(score).exp() for score in row] for row in arcs.double().tolist()]
        for m in range(words):
            weight[m][m + 1] = Decimal(0)
        laplacian = [[-weight[m][h + 1] for m in range(words)] for h in range(words)]
        for m in range(words):
            laplacian[m][m] = sum(weight[m][1:], Decimal(0))
        laplacian[0] = [weight[m][0] for m in range(words)]
        inverse, log_z = _inverse(laplacian)
        marginals = torch.zeros(words, 1 + words, dtype=torch.float64)
        for m in range(words):
            marginals[m, 0] = float(weight[m][0] * inverse[m][0])
            diagonal = inverse[m][m] if m else Decimal(0)
            for h in range(words):
                other = inverse[m][h] if h else Decimal(0)
                marginals[m, h + 1] = float(weight[m][h + 1] * (diagonal - other))
        return log_z, marginals


def _inverse(matrix: list[list[Decimal]]) -> tuple[list[list[Decimal]], float]:
    """The inverse and the logarithm of the determinant's absolute value, by Gauss and Jordan with pivots."""
    size, log_det = len(matrix), Decimal(0)
    rows = [[*row, *(Decimal(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        log_det += abs(rows[i][i]).ln()
        factor = 1 / rows[i][i]
        rows[i] = [value * factor for value in rows[i]]
        for r in range(size):
            if r != i and rows[r][i]:
                scale = rows[r][i]
                rows[r] = [value - scale * own if own else value for value, own in zip(rows[r], rows[i], strict=True)]
    return [row[size:] for row in rows], float(log_det)
