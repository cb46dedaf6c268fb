"""What happened in each epoch of a training run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training data and the dev scores after it."""

    number: int
    """Counted from 1."""
    loss: float
    """Mean training loss a word."""
    learning_rate: float
    """Of the first parameter group, at the last step."""
    seconds: float
    words: int
    score: float
    """The dev score that chooses the best epoch, in 0..1."""
    dev: dict[str, float] = field(default_factory=dict)
    """Dev scores by layer, in 0..1."""


@dataclass(slots=True)
class History:
    """The epochs so far and which was best."""

    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch | None:
        """The first epoch with the highest dev score."""
        return max(self.epochs, key=lambda epoch: epoch.score, default=None)

    @property
    def since_best(self) -> int:
        """How many epochs have passed without a better score."""
        return len(self.epochs) - self.best.number if self.best else 0

    def state(self) -> list[dict[str, Any]]:
        """JSON values."""
        return [asdict(epoch) for epoch in self.epochs]

    @classmethod
    def restore(cls, state: list[dict[str, Any]]) -> History:
        """From JSON values."""
        return cls([Epoch(**epoch) for epoch in state])
