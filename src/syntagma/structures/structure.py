"""What every structure is: a probability distribution over outputs, built from scores of their parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from syntagma.structures.parts import Parts

PartsT = TypeVar("PartsT", bound=Parts)


class BestOutputs(Protocol):
    """The best outputs and their scores, as a structure's `argmax` and `topk` return them."""

    @property
    def outputs(self) -> Tensor:
        """As `score` takes them: `[batch, ...]`, of the k best `[batch, k, ...]`; -1 where there is none."""

    @property
    def scores(self) -> Tensor:
        """`[batch]`, of the k best `[batch, k]`; -inf where there is none."""


class Structure(ABC, Generic[PartsT]):
    """A batch of distributions `p(y) = exp(score(y)) / Z`, one a row, where a score is a sum over the parts of y.

    Every real-valued result can be differentiated with respect to the scores, and its gradient again.
    """

    parts: ClassVar[type[Parts]]
    """The kind of parts that its scores are given for."""

    lengths: Tensor | None
    """`[batch]`, how many words each row has; None where all are full."""

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
    def marginals(self) -> PartsT:
        """Probability of every part; the derivative of log Z by the part's score."""

    @abstractmethod
    def argmax(self) -> BestOutputs:
        """The most probable output of each row."""

    @abstractmethod
    def topk(self, k: int) -> BestOutputs:
        """The k most probable outputs of each row, best first."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent outputs of each row, `[batch, n, ...]`."""

    @abstractmethod
    def expected_log_prob(self, parts: PartsT) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`: the mean of log_prob where parts have these means."""

    @abstractmethod
    def expected_parts(self) -> PartsT:
        """The marginals in the precision they were computed in: what expectations of large scores are taken with."""

    @abstractmethod
    def detach(self) -> Structure[PartsT]:
        """The same distribution, into which no gradient flows: a teacher."""

    @abstractmethod
    def tempered(self, temperature: float) -> Structure[PartsT]:
        """The distribution proportional to `p ** (1 / temperature)`: all scores divided, and log Z anew.

        Raises:
            StructureError: the temperature is not above 0.
        """

    def entropy(self) -> Tensor:
        """`- sum over y of p(y) log p(y)`, in nats, `[batch]`."""
        return -self.expected_log_prob(self.expected_parts())
