"""The learning curve of a search: what lies on it has no merit; without it ACE mistakes learning for merit."""

from __future__ import annotations

import math

import numpy as np
import pytest

from syntagma.learning.search.controller import Controller
from syntagma.learning.search.learning_curve import FEWEST, above_curve
from syntagma.learning.search.strategies import Budget, Sampled


def test_what_lies_on_the_curve_has_no_merit() -> None:
    rising = [70 - 30 / t + 2 * math.log(t) for t in range(1, 20)]
    for episodes in range(FEWEST, 20):
        assert above_curve(rising[:episodes]) == pytest.approx(0.0, abs=1e-6)
    assert above_curve(rising[: FEWEST - 1]) is None
    rising[-1] += 5
    above = above_curve(rising)
    assert above is not None
    assert 2.5 < above < 5


def found(seed: int, *, curve: bool, rate: float = 0.1) -> float:
    """How far the best combination of a search over 8 candidates falls short of the best that there is, in points.

    Scores are those of the synthetic table of the paper's acceptance checks, behind a learning curve of 50 points.
    """
    rng = np.random.default_rng(seed)
    alone, together = rng.normal(0, 0.3, 8), np.triu(rng.normal(0, 0.05, (8, 8)), 1)
    everything = (np.arange(1, 256)[:, None] >> np.arange(8)) & 1
    best = max(bits @ alone + bits @ together @ bits for bits in everything)
    strategy = Sampled(Controller(8, seed=seed, rate=rate), Budget(30, 1), curve=curve)
    reached: list[tuple[float, float]] = []
    for episode in range(30):
        combination = strategy.propose()
        bits = np.array(combination, dtype=float)
        value = float(bits @ alone + bits @ together @ bits)
        score = 90 + value - 50 * math.exp(-episode / 4) + rng.normal(0, 0.05)
        strategy.observe(combination, score)
        reached.append((score, value))
    return float(best - max(reached)[1])


def test_where_weights_still_learn_only_the_curve_makes_ace_better_than_chance() -> None:
    seeds = range(60)
    chance = np.mean([found(seed, curve=False, rate=0.0) for seed in seeds])
    plain = np.mean([found(seed, curve=False) for seed in seeds])
    corrected = np.mean([found(seed, curve=True) for seed in seeds])
    assert corrected < chance - 0.1 < plain
