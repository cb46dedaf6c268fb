"""What an episode's score owes to its combination, and what to the weights having learned longer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FEWEST = 4
"""Scores; a curve through fewer says nothing about them."""


def above_curve(scores: Sequence[float]) -> float | None:
    """The last score minus the value there of `a + b / t + c log t`, fitted to all by least squares; None if too few.

    In short episodes weights are far from trained out, and scores rise whatever the combination. The reward of ACE
    takes that for merit of whatever the later episodes happen to have: its beliefs are then worse than chance.
    """
    if len(scores) < FEWEST:
        return None
    times = np.arange(1.0, len(scores) + 1)
    basis = np.stack([np.ones_like(times), 1 / times, np.log(times)], axis=1)
    weights = np.linalg.lstsq(basis, np.asarray(scores), rcond=1e-3)[0]
    return float(scores[-1] - basis[-1] @ weights)
