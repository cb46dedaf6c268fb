"""The sign-flip permutation test of paired differences.

If two stacks are equally good, each difference is as likely as its negative: the p-value is the share of all choices of
signs whose sum is at least as far from 0 as the one that was observed (Fisher 1935).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOST_EXACT = 40
"""Of more differences a sample of the signs is taken."""
SAMPLES = 100_000


def sign_flip_test(differences: Sequence[float]) -> float:
    """The two-sided p-value, exact up to `MOST_EXACT` differences; never below `2 ** (1 - len(differences))`."""
    values = np.asarray(differences, dtype=np.float64)
    observed = abs(values.sum())
    reached = observed - 1e-9 * np.abs(values).sum()  # ties must not be lost in rounding
    if reached <= 0:
        return 1.0
    if len(values) > MOST_EXACT:
        return _sampled(values, reached)
    # Each half's sums by themselves; then how many of the right half's each sum of the left one needs.
    half = len(values) // 2
    left, right = _signed_sums(values[:half]), np.sort(_signed_sums(values[half:]))
    above = len(right) - np.searchsorted(right, reached - left, side="left")
    below = np.searchsorted(right, -reached - left, side="right")
    return float((above.sum() + below.sum()) / 2.0 ** len(values))


def least_p(pairs: int) -> float:
    """The smallest p-value that so many differences can give."""
    return float(min(1.0, 2.0 ** (1 - pairs)))


def _signed_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums under all choices of signs, `[2 ** len(values)]`."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def _sampled(values: NDArray[np.float64], reached: float) -> float:
    random = np.random.default_rng(0)
    signs = random.integers(0, 2, (SAMPLES, len(values)), dtype=np.int8) * 2 - 1
    count = int((np.abs(signs @ values) >= reached).sum())
    return (count + 1) / (SAMPLES + 1)  # the observed signs are one more choice
