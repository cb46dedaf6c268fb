"""Whether a confidence of 0.8 is right eight times in ten: expected calibration error, reliability diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syntagma.errors import DataError

ROUNDING = 1e-5
"""How far above 1 (or below 0) a computed probability may lie before it counts as an error."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar confidence: a bar of the reliability diagram."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean confidence of the bin's predictions."""
    accuracy: float
    """The share of them that is right."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration error and its bins, lowest confidence first; empty bins are left out."""

    ece: float
    count: int
    bins: list[Bin]


def expected_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 15) -> Calibration:
    """The mean gap of confidence and accuracy over bins of equal width, weighted by their counts.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3: bin m of M holds the confidences in
    ((m-1)/M, m/M], and the first one 0 as well. No predictions at all have an error of 0.

    Raises:
        DataError: different lengths, or a confidence that is no probability.
    """
    values, hits = _checked(confidences, correct)
    edges = np.arange(bins + 1) / bins
    index = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, bins - 1)
    ranges = [(float(edges[number]), float(edges[number + 1])) for number in range(bins)]
    return _calibration(values, hits, index, ranges)


def adaptive_calibration_error(confidences: Sequence[float], correct: Sequence[bool], bins: int = 15) -> Calibration:
    """The same over bins of (nearly) equal counts, which a crowd of confidences near 1 does not blur.

    Nguyen and O'Connor 2015, "Posterior calibration and exploratory analysis". Equal confidences always share a
    bin, so that the order of the predictions plays no part. A bin's ends are its lowest and highest confidence.

    Raises:
        DataError: different lengths, or a confidence that is no probability.
    """
    values, hits = _checked(confidences, correct)
    ranks = np.searchsorted(np.sort(values), values, side="left")
    index = ranks * bins // max(len(values), 1)
    filled = [values[index == number] for number in range(bins)]
    ranges = [(float(part.min()), float(part.max())) if len(part) else (0.0, 0.0) for part in filled]
    return _calibration(values, hits, index, ranges)


def _calibration(
    values: NDArray[np.float64], hits: NDArray[np.float64], index: NDArray[np.int64], ranges: list[tuple[float, float]]
) -> Calibration:
    number = len(ranges)
    counts = np.bincount(index, minlength=number)
    sums = np.bincount(index, weights=values, minlength=number)
    right = np.bincount(index, weights=hits, minlength=number)
    bars = [
        Bin(low, high, int(count), float(total / count), float(good / count))
        for (low, high), count, total, good in zip(ranges, counts, sums, right, strict=True)
        if count
    ]
    error = float(np.abs(sums - right).sum() / max(len(values), 1))
    return Calibration(error, len(values), bars)


def _checked(confidences: Sequence[float], correct: Sequence[bool]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if len(confidences) != len(correct):
        raise DataError(f"there are {len(confidences)} confidences for {len(correct)} predictions")
    values = np.asarray(confidences, dtype=np.float64)
    wrong = np.flatnonzero(~((values >= -ROUNDING) & (values <= 1 + ROUNDING)))
    if len(wrong):
        first = int(wrong[0])
        raise DataError(
            f"the confidence {values[first]:g} of prediction {first} is no probability",
            fix="Confidences lie between 0 and 1",
        )
    return np.clip(values, 0.0, 1.0), np.asarray(correct, dtype=np.float64)
