"""What every structure is: a probability distribution over outputs, built from scores of their parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

Parts = TypeVar("Parts")


class Best(NamedTuple):
    """The best outputs and their scores. For a chain `labels [batch, words]`, -1 where padded, and `scores [batch]`;
    of the k best `[batch, k, words]` and `[batch, k]`, where missing ones are -1 and score -inf."""

    labels: Tensor
    scores: Tensor


class Structure(ABC, Generic[Parts]):
    """A batch of distributions `p(y) = exp(score(y)) / Z`, one a row, where a score is a sum over the parts of y.

    Every real-valued result can be differentiated with respect to the scores, and its gradient again.
    """

    @abstractmethod
    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""

    @abstractmethod
    def score(self, outputs: Tensor) -> Tensor:
        """Score of one output a row, or of several."""

    @abstractmethod
    def log_prob(self, outputs: Tensor) -> Tensor:
        """`score(outputs) - log Z`; -inf for an output that is forbidden."""

    @abstractmethod
    def marginals(self) -> Parts:
        """Probability of every part; the derivative of log Z by the part's score."""

    @abstractmethod
    def argmax(self) -> Best:
        """The most probable output of each row."""

    @abstractmethod
    def topk(self, k: int) -> Best:
        """The k most probable outputs of each row, best first."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent outputs of each row."""

    @abstractmethod
    def expected_log_prob(self, parts: Parts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`: the mean of log_prob where parts have these means."""

    @abstractmethod
    def expected_parts(self) -> Parts:
        """The marginals in the precision they were computed in: what expectations of large scores are taken with."""

    def entropy(self) -> Tensor:
        """`- sum over y of p(y) log p(y)`, in nats, `[batch]`."""
        return -self.expected_log_prob(self.expected_parts())
