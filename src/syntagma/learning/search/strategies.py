"""Which combination to try next, by five strategies that share one budget of training."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal, NamedTuple, Protocol

import numpy as np

from syntagma.errors import RecipeError
from syntagma.learning.search.controller import Combination, Controller
from syntagma.learning.search.learning_curve import above_curve

StrategyName = Literal["ace", "random", "all", "greedy", "exhaustive"]
MOST_CANDIDATES = 16
"""For the exhaustive strategy: 65,535 combinations."""


class Budget(NamedTuple):
    """How much may be trained: so many episodes of so many epochs."""

    episodes: int
    epochs: int
    first: int | None = None
    """Epochs of the first episode, in which all candidates learn; None for as many as the others have."""

    @property
    def total(self) -> int:
        """Epochs of all episodes."""
        return self.of(1) + (self.episodes - 1) * self.epochs

    def of(self, number: int) -> int:
        """Epochs of the episode with this number, counted from 1."""
        return self.epochs if self.first is None or number > 1 else self.first


class Strategy(Protocol):
    """Proposes combinations and hears how they did. The same observations lead to the same proposals."""

    budget: Budget
    """The episodes that it makes of the budget that it was given."""

    def propose(self) -> Combination:
        """What the next episode trains with."""
        ...

    def observe(self, combination: Combination, score: float) -> None:
        """The episode's dev score, in points."""
        ...

    @property
    def beliefs(self) -> tuple[float, ...]:
        """The probability of each candidate in the next proposal; empty where the strategy has none."""
        ...


class Sampled:
    """Samples from a controller: ACE, or with a controller that never learns, random search.

    With `curve` the controller is told how far each score lies above the learning curve of the search.
    """

    def __init__(self, controller: Controller, budget: Budget, *, curve: bool = False) -> None:
        self.controller = controller
        self.budget = budget
        self.curve = curve
        self._scores: list[float] = []

    def propose(self) -> Combination:
        """First all, then samples."""
        return self.controller.propose()

    def observe(self, combination: Combination, score: float) -> None:
        """Move the beliefs."""
        self._scores.append(score)
        told = above_curve(self._scores) if self.curve else score
        if told is not None:
            self.controller.observe(combination, told)

    @property
    def beliefs(self) -> tuple[float, ...]:
        """The controller's."""
        return tuple(self.controller.beliefs.tolist())


class Together:
    """All candidates, trained in one go for the whole budget."""

    beliefs: tuple[float, ...] = ()

    def __init__(self, candidates: int, budget: Budget) -> None:
        self.candidates = candidates
        self.budget = Budget(1, budget.total)

    def propose(self) -> Combination:
        """All."""
        return (True,) * self.candidates

    def observe(self, combination: Combination, score: float) -> None:
        """Nothing depends on it."""


class Greedy:
    """Climbs from all candidates: tries every change of one candidate, and moves to the best where it is better.

    Where none is better it trains the same combination on and tries its neighbours again, for weights go on learning.
    """

    beliefs: tuple[float, ...] = ()

    def __init__(self, candidates: int, budget: Budget) -> None:
        self.budget = budget
        self._here: Combination = (True,) * candidates
        self._height = -np.inf
        self._best: tuple[float, Combination] = (-np.inf, self._here)
        self._next = self._round()

    def propose(self) -> Combination:
        """The combination that the round has come to."""
        return next(self._next)

    def observe(self, combination: Combination, score: float) -> None:
        """Remember the round's best."""
        if combination == self._here:
            self._height = max(self._height, score)
        elif score > self._best[0]:
            self._best = (score, combination)

    def _round(self) -> Iterator[Combination]:
        while True:
            yield self._here
            self._best = (-np.inf, self._here)
            for at in range(len(self._here)):
                neighbour = tuple(bit != (at == place) for place, bit in enumerate(self._here))
                if any(neighbour):
                    yield neighbour
            if self._best[0] > self._height:
                self._height, self._here = self._best


class Exhaustive:
    """Every combination once, the budget divided among them; all candidates first, the others in a random order.

    Raises:
        RecipeError: the budget is less than an epoch for each.
    """

    beliefs: tuple[float, ...] = ()

    def __init__(self, candidates: int, budget: Budget, *, seed: int) -> None:
        total, count = budget.total, 2**candidates - 1
        if candidates > MOST_CANDIDATES or total < count:
            raise RecipeError(
                f"{candidates} candidates have {count:,} combinations, and the budget is {total:,} epochs",
                fix="Raise `search.episodes` or `search.epochs`, or choose another strategy",
            )
        self.budget = Budget(count, total // count)
        everything = [bits for bits in itertools.product((True, False), repeat=candidates) if any(bits)]
        order = np.random.default_rng(seed).permutation(count - 1) + 1
        self._next = iter([everything[0], *(everything[at] for at in order)])

    def propose(self) -> Combination:
        """One that was not there before."""
        return next(self._next)

    def observe(self, combination: Combination, score: float) -> None:
        """Nothing depends on it."""
