"""Learning-rate schedules."""

from __future__ import annotations

import pytest

from syntagma.learning.schedule import Schedule


def test_linear_rises_and_falls_to_zero() -> None:
    schedule = Schedule("linear", steps=10, warmup=0.2)
    factors = [schedule.at(step) for step in range(11)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[6] == pytest.approx(0.5)
    assert factors[10] == 0.0


def test_cosine_and_constant() -> None:
    assert Schedule("cosine", steps=10).at(5) == pytest.approx(0.5)
    assert {Schedule("constant", steps=10).at(step) for step in range(20)} == {1.0}


def test_plateau_halves_after_its_patience_and_survives_a_restart() -> None:
    schedule = Schedule("plateau", steps=10, patience=1)
    for score in (0.5, 0.4, 0.4):
        schedule.observe(score)
    assert schedule.at(7) == 0.5
    again = Schedule("plateau", steps=10, patience=1)
    again.restore(schedule.state())
    again.observe(0.4)
    again.observe(0.4)
    assert again.at(7) == 0.25
