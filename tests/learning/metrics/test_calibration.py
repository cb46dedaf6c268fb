"""Calibration errors against values worked out by hand and against a plain loop."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import DataError
from syntagma.learning.metrics import Bin, Calibration, adaptive_calibration_error, expected_calibration_error

PREDICTIONS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40)


def test_a_case_worked_by_hand() -> None:
    calibration = expected_calibration_error([0.9, 0.8, 0.6, 0.3], [True, False, True, False], bins=2)
    assert calibration.count == 4
    assert calibration.bins[0] == Bin(0.0, 0.5, 1, 0.3, 0.0)
    assert calibration.bins[1] == Bin(0.5, 1.0, 3, pytest.approx(2.3 / 3), pytest.approx(2 / 3))
    assert calibration.ece == pytest.approx((0.3 + 0.3) / 4)


def test_a_bin_holds_its_upper_end_and_the_first_one_zero() -> None:
    calibration = expected_calibration_error([0.0, 0.25, 0.25 + 1e-9, 1.0], [True] * 4, bins=4)
    assert [(part.low, part.count) for part in calibration.bins] == [(0.0, 2), (0.25, 1), (0.75, 1)]


def test_certain_and_right_is_perfect_and_nothing_has_no_error() -> None:
    assert expected_calibration_error([1.0, 1.0, 0.0], [True, True, False]).ece == 0.0
    assert expected_calibration_error([], []) == Calibration(0.0, 0, [])
    assert adaptive_calibration_error([], []) == Calibration(0.0, 0, [])


@given(PREDICTIONS, st.integers(1, 20))
def test_equal_width_is_the_plain_definition(predictions: list[tuple[float, bool]], bins: int) -> None:
    expected = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [pair for pair in predictions if low < pair[0] <= high or (number == 0 and pair[0] == 0)]
        if inside:
            accuracy = sum(hit for _, hit in inside) / len(inside)
            confidence = sum(value for value, _ in inside) / len(inside)
            expected += len(inside) / len(predictions) * abs(accuracy - confidence)
    calibration = expected_calibration_error([c for c, _ in predictions], [hit for _, hit in predictions], bins)
    assert calibration.ece == pytest.approx(expected, abs=1e-12)
    assert sum(part.count for part in calibration.bins) == len(predictions)


@given(PREDICTIONS, st.integers(1, 20), st.randoms(use_true_random=False))
def test_adaptive_bins_do_not_depend_on_the_order(
    predictions: list[tuple[float, bool]], bins: int, random: object
) -> None:
    shuffled = sorted(predictions, key=lambda _: random.random())  # type: ignore[attr-defined]
    first, second = (
        adaptive_calibration_error([c for c, _ in order], [hit for _, hit in order], bins)
        for order in (predictions, shuffled)
    )
    assert first.ece == pytest.approx(second.ece, abs=1e-12)
    assert [part.count for part in first.bins] == [part.count for part in second.bins]


def test_adaptive_bins_hold_equal_counts() -> None:
    values = [0.9 + number / 1000 for number in range(60)]
    calibration = adaptive_calibration_error(values, [True] * 60, bins=6)
    assert [part.count for part in calibration.bins] == [10] * 6
    assert calibration.bins[0].low == 0.9
    assert calibration.ece == pytest.approx(1 - sum(values) / 60)


@pytest.mark.parametrize("bad", [1.2, -0.1, math.nan])
def test_a_confidence_that_is_no_probability_is_named(bad: float) -> None:
    with pytest.raises(DataError, match=f"the confidence {bad:g} of prediction 1 is no probability"):
        expected_calibration_error([0.5, bad], [True, True])


def test_rounding_above_one_is_let_through() -> None:
    assert expected_calibration_error([1.0000002], [True]).ece == 0.0


def test_different_lengths_are_an_error() -> None:
    with pytest.raises(DataError, match="2 confidences for 1 predictions"):
        expected_calibration_error([0.5, 0.5], [True])
