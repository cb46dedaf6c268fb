"""The controller of ACE: a belief in each candidate, moved by how scores of similar combinations differ.

Wang et al. 2021, "Automated Concatenation of Embeddings for Structured Prediction", arXiv 2010.05006.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Combination = tuple[bool, ...]
"""Which candidates take part, in their fixed order."""
Vector = NDArray[np.float64]
Damping = Literal["sqrt", "log"]

MOST_TRIES = 1000
_DAMPINGS: dict[Damping | None, Callable[[Vector], Vector]] = {
    None: lambda differences: differences,
    "sqrt": lambda differences: np.sign(differences) * np.sqrt(np.abs(differences)),
    "log": lambda differences: np.sign(differences) * np.log1p(np.abs(differences)),
}


class Controller:
    """Independent beliefs `p = sigmoid(theta)`, one a candidate, learned by policy gradient from dev scores in points.

    Args:
        candidates: how many there are, at least 2.
        seed: of the samples.
        discount: what each further differing candidate makes of a difference in score (gamma).
        rate, momentum: of the gradient steps on theta. With rate 0 this is random search.
        damping: of each difference in score, before the discount.
    """

    def __init__(
        self,
        candidates: int,
        *,
        seed: int = 1,
        discount: float = 0.5,
        rate: float = 0.1,
        momentum: float = 0.9,
        damping: Damping | None = None,
    ) -> None:
        if candidates < 2:
            raise ValueError("a controller chooses among at least 2 candidates")
        self.theta: Vector = np.zeros(candidates)
        self.history: dict[Combination, float] = {}
        """The highest score that each combination ever had."""
        self.discount, self.rate, self.momentum, self.damping = discount, rate, momentum, damping
        self._previous: Combination | None = None
        self._velocity: Vector = np.zeros(candidates)
        self._random = np.random.default_rng(seed)

    @property
    def beliefs(self) -> Vector:
        """The probability of each candidate in the next sample, `[candidates]`."""
        return 1.0 / (1.0 + np.exp(-self.theta))

    def propose(self) -> Combination:
        """First all candidates; then a sample that is not empty and not the combination before."""
        self._previous = self._next()
        return self._previous

    def observe(self, combination: Combination, score: float) -> Vector:
        """Learn that a combination reached this score, in points (0 to 100); gives the reward `[candidates]`.

        The first score moves nothing: there is nothing to compare it with.
        """
        reward = reward_of(combination, score, self.history, discount=self.discount, damping=self.damping)
        # d loss / d theta, the loss being -sum_l log P_l(a_l) r_l
        gradient = -(np.asarray(combination, dtype=np.float64) - self.beliefs) * reward
        self._velocity = self.momentum * self._velocity + gradient
        self.theta = self.theta - self.rate * self._velocity
        self.history[combination] = max(score, self.history.get(combination, score))
        return reward

    def loss(self, combination: Combination, reward: Vector) -> float:
        """`-sum_l log P_l(a_l) r_l`, whose gradient `observe` follows."""
        beliefs = self.beliefs
        return -float(np.log(np.where(combination, beliefs, 1.0 - beliefs)) @ reward)

    def _next(self) -> Combination:
        if self._previous is None:
            return (True,) * len(self.theta)
        samples = self._random.random((MOST_TRIES, len(self.theta))) < self.beliefs
        allowed = samples.any(axis=1) & (samples != self._previous).any(axis=1)
        if allowed.any():
            return tuple(samples[int(allowed.argmax())].tolist())
        return self._nearest_to_the_previous(self._previous)

    def _nearest_to_the_previous(self, previous: Combination) -> Combination:
        """Beliefs so sure that nothing else comes up: change the candidate that they are least sure of."""
        for candidate in np.argsort(np.abs(self.theta), kind="stable").tolist():
            changed = tuple(bit != (at == candidate) for at, bit in enumerate(previous))
            if any(changed):
                return changed
        raise AssertionError("of two candidates one can always be changed")


def reward_of(
    combination: Combination,
    score: float,
    history: Mapping[Combination, float],
    *,
    discount: float = 0.5,
    damping: Damping | None = None,
) -> Vector:
    """`sum over past a' of (R - R(a')) discount^(Ham(a, a') - 1) |a - a'|`, `[candidates]`."""
    if not history:
        return np.zeros(len(combination))
    changed = np.asarray(list(history)) != np.asarray(combination)
    distances = changed.sum(axis=1)
    differences = _DAMPINGS[damping](score - np.fromiter(history.values(), dtype=np.float64))
    # At distance 0 nothing has changed: that row of `changed` is zero, and the power -1 must not be taken.
    weights = differences * discount ** np.maximum(distances - 1, 0)
    reward: Vector = weights @ changed
    return reward
