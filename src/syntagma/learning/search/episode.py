"""What happened in one episode of a search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syntagma.learning.history import Epoch
from syntagma.learning.search.controller import Combination


@dataclass(frozen=True, slots=True)
class Episode:
    """A combination, trained for some epochs from the weights that the episode before left."""

    number: int
    """Counted from 1."""
    combination: Combination
    score: float
    """The best dev score of its epochs, in points (0 to 100)."""
    epochs: tuple[Epoch, ...]
    beliefs: tuple[float, ...]
    """Of each candidate, after this episode's score was learned; empty for strategies without beliefs."""

    @property
    def seconds(self) -> float:
        """How long its training took."""
        return sum(epoch.seconds for epoch in self.epochs)


def best_of(episodes: Iterable[Episode]) -> Episode | None:
    """The episode with the highest score, the last of several: its weights have learned the longest."""
    return max(episodes, key=lambda episode: (episode.score, episode.number), default=None)
