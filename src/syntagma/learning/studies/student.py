"""Student's t distribution, for confidence intervals of means of few values.

Closed form for whole degrees of freedom: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
"""

from __future__ import annotations

import math


def within(t: float, degrees: int) -> float:
    """The probability of a value between -t and t."""
    angle = math.atan(t / math.sqrt(degrees))
    cosine = math.cos(angle)
    even = degrees % 2 == 0
    term = total = 1.0 if even else cosine
    for k in range(2 if even else 3, degrees - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if even:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + (math.sin(angle) * total if degrees > 1 else 0.0))


def reach(probability: float, degrees: int) -> float:
    """The t that values stay within with this probability, 0 < probability < 1."""
    low, high = 0.0, 1.0
    while within(high, degrees) < probability:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, degrees) < probability else (low, middle)
    return high
