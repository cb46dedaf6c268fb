"""Two ways of adding up paths: with probabilities, which is fast, and with their logarithms, which never underflows."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Ring(Protocol):
    """What the sweeps need of numbers: a sum, a product, and a vector times a matrix."""

    zero: float
    one: float

    def lift(self, scores: Tensor) -> Tensor:
        """Log-potentials as numbers of this ring."""

    def times(self, left: Tensor, right: Tensor, out: Tensor | None = None) -> Tensor:
        """Elementwise product."""

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise quotient."""

    def total(self, numbers: Tensor) -> Tensor:
        """Sum over the labels, `[..., labels]` to `[..., 1]`."""

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        """`message [rows, from]` times `matrix [from, to]` or `[rows, from, to]`, to `[rows, to]`."""

    def arrive(self, message: Tensor, matrix: Tensor, emission: Tensor, out: Tensor) -> None:
        """Write `advance(message, matrix)` times `emission`, `[rows, to]`."""

    def normalise(self, numbers: Tensor, total: Tensor) -> None:
        """Divide `numbers [rows, labels]` by their sums, which are written to `total [rows, 1]`."""

    def add_advance(self, numbers: Tensor, message: Tensor, matrix: Tensor) -> None:
        """Add `advance(message, matrix)` to `numbers`."""

    def probability(self, numbers: Tensor) -> Tensor:
        """Numbers of this ring as probabilities."""

    def logarithm(self, numbers: Tensor) -> Tensor:
        """Numbers of this ring as log-probabilities."""

    def pair_sum(self, alpha: Tensor, matrix: Tensor, arrival: Tensor, weights: Tensor) -> Tensor:
        """`sum over i, row of weights[row] * alpha[i, row, a] * matrix[a, b] * arrival[i, row, b]`, `[from, to]`."""


class _Probabilities:
    """Plain numbers."""

    zero, one = 0.0, 1.0

    def lift(self, scores: Tensor) -> Tensor:
        return scores.exp()

    def times(self, left: Tensor, right: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.mul(left, right, out=out)

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left / right

    def total(self, numbers: Tensor) -> Tensor:
        return numbers.sum(-1, keepdim=True)

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        if matrix.dim() == 2:
            return message @ matrix
        return torch.bmm(message.unsqueeze(1), matrix).squeeze(1)

    def arrive(self, message: Tensor, matrix: Tensor, emission: Tensor, out: Tensor) -> None:
        if matrix.dim() == 2:
            torch.mm(message, matrix, out=out)
        else:
            torch.bmm(message.unsqueeze(1), matrix, out=out.unsqueeze(1))
        out.mul_(emission)

    def normalise(self, numbers: Tensor, total: Tensor) -> None:
        torch.sum(numbers, -1, keepdim=True, out=total)
        numbers.div_(total)

    def add_advance(self, numbers: Tensor, message: Tensor, matrix: Tensor) -> None:
        if matrix.dim() == 2:
            numbers.addmm_(message, matrix)
        else:
            numbers.unsqueeze(1).baddbmm_(message.unsqueeze(1), matrix)

    def probability(self, numbers: Tensor) -> Tensor:
        return numbers

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers.log()

    def pair_sum(self, alpha: Tensor, matrix: Tensor, arrival: Tensor, weights: Tensor) -> Tensor:
        weighted = (alpha * weights.unsqueeze(-1)).flatten(0, 1)
        return matrix * (weighted.mT @ arrival.flatten(0, 1))


class _Logarithms:
    """Logarithms of numbers: slower, and right at any magnitude."""

    zero, one = -torch.inf, 0.0

    def lift(self, scores: Tensor) -> Tensor:
        return scores

    def times(self, left: Tensor, right: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.add(left, right, out=out)

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right

    def total(self, numbers: Tensor) -> Tensor:
        return numbers.logsumexp(-1, keepdim=True)

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        return (message.unsqueeze(-1) + matrix).logsumexp(-2)

    def arrive(self, message: Tensor, matrix: Tensor, emission: Tensor, out: Tensor) -> None:
        torch.add(self.advance(message, matrix), emission, out=out)

    def normalise(self, numbers: Tensor, total: Tensor) -> None:
        torch.logsumexp(numbers, -1, keepdim=True, out=total)
        numbers.sub_(total)

    def add_advance(self, numbers: Tensor, message: Tensor, matrix: Tensor) -> None:
        torch.logaddexp(numbers, self.advance(message, matrix), out=numbers)

    def probability(self, numbers: Tensor) -> Tensor:
        return numbers.exp()

    def logarithm(self, numbers: Tensor) -> Tensor:
        return numbers

    def pair_sum(self, alpha: Tensor, matrix: Tensor, arrival: Tensor, weights: Tensor) -> Tensor:
        result = torch.zeros_like(matrix)
        for before, after in zip(alpha, arrival, strict=True):  # a position at a time: [words, rows, from, to] is large
            pairs = (before.unsqueeze(-1) + matrix + after.unsqueeze(-2)).exp()
            result += torch.tensordot(weights, pairs, dims=1)
        return result


PROBABILITIES: Ring = _Probabilities()
LOGARITHMS: Ring = _Logarithms()
