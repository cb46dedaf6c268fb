"""What a change does to a score: the mean of paired differences, and how sure one can be of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from syntagma.learning.studies.sign_flips import least_p, sign_flip_test
from syntagma.learning.studies.student import reach

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Effect:
    """Paired differences in points: of the same seed, sample and data set, with the change minus without it."""

    mean: float
    deviation: float
    """Of the differences."""
    low: float
    high: float
    """The ends of the 95 % confidence interval of the mean (Student's t)."""
    p: float
    """Of the exact sign-flip test, two-sided."""
    pairs: int

    @classmethod
    def of(cls, differences: Sequence[float]) -> Effect:
        """From at least 2 differences."""
        mean, deviation, pairs = fmean(differences), stdev(differences), len(differences)
        margin = reach(CONFIDENCE, pairs - 1) * deviation / math.sqrt(pairs)
        return cls(mean, deviation, mean - margin, mean + margin, sign_flip_test(differences), pairs)

    @property
    def is_significant(self) -> bool:
        """Whether chance is ruled out at the usual level of 5 %."""
        return self.p < 1 - CONFIDENCE + 1e-12

    def __str__(self) -> str:
        least = ", the least possible" if self.p <= least_p(self.pairs) else ""
        interval = f"(95 %: {self.low:+.2f} to {self.high:+.2f})"
        return f"{self.mean:+.2f} ± {self.deviation:.2f} {interval}, p = {self.p:.2g} from {self.pairs} pairs{least}"
