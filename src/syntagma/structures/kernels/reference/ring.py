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

    def times(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise product."""

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise quotient."""

    def plus(self, left: Tensor, right: Tensor) -> Tensor:
        """Elementwise sum."""

    def total(self, numbers: Tensor) -> Tensor:
        """Sum over the labels, `[..., labels]` to `[..., 1]`."""

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        """`message [rows, from]` times `matrix [from, to]` or `[rows, from, to]`, to `[rows, to]`."""

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

    def times(self, left: Tensor, right: Tensor) -> Tensor:
        return left * right

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left / right

    def plus(self, left: Tensor, right: Tensor) -> Tensor:
        return left + right

    def total(self, numbers: Tensor) -> Tensor:
        return numbers.sum(-1, keepdim=True)

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        if matrix.dim() == 2:
            return message @ matrix
        return torch.bmm(message.unsqueeze(1), matrix).squeeze(1)

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

    def times(self, left: Tensor, right: Tensor) -> Tensor:
        return left + right

    def over(self, left: Tensor, right: Tensor) -> Tensor:
        return left - right

    def plus(self, left: Tensor, right: Tensor) -> Tensor:
        return torch.logaddexp(left, right)

    def total(self, numbers: Tensor) -> Tensor:
        return numbers.logsumexp(-1, keepdim=True)

    def advance(self, message: Tensor, matrix: Tensor) -> Tensor:
        return (message.unsqueeze(-1) + matrix).logsumexp(-2)

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
