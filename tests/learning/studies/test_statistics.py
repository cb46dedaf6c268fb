"""The sign-flip test against its definition and scipy, Student's t against scipy, effects by hand."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from syntagma.learning.studies import sign_flips
from syntagma.learning.studies.effect import Effect
from syntagma.learning.studies.sign_flips import least_p, sign_flip_test
from syntagma.learning.studies.student import reach, within


@pytest.fixture(scope="module")
def stats() -> Any:
    """scipy.stats, to compare with."""
    return pytest.importorskip("scipy.stats", reason="scipy is not installed")


whole = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=9)
real = st.lists(st.floats(-100, 100).map(lambda value: round(value, 3)), min_size=1, max_size=9)


def by_enumeration(values: list[float]) -> float:
    observed = abs(sum(values))
    sums = [
        abs(sum(sign * v for sign, v in zip(signs, values, strict=True)))
        for signs in product((1, -1), repeat=len(values))
    ]
    return sum(one >= observed - 1e-9 for one in sums) / len(sums)


@given(st.one_of(whole, real))
def test_the_test_is_the_share_of_signs_that_reach_as_far(values: list[float]) -> None:
    assert sign_flip_test(values) == pytest.approx(by_enumeration(values), abs=1e-12)


@pytest.mark.parametrize("pairs", [5, 12])
def test_it_is_scipys_paired_permutation_test(pairs: int, stats: Any) -> None:
    random = np.random.default_rng(3)
    values = random.normal(0.6, 1.0, pairs)
    found = stats.permutation_test(
        (values, np.zeros(pairs)),
        lambda a, b, axis: (a - b).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip_test(values.tolist()) == pytest.approx(found.pvalue, rel=1e-9)


def test_what_always_differs_has_the_least_p() -> None:
    for pairs in (1, 2, 3, 10, 40):
        assert sign_flip_test([1.0] * pairs) == pytest.approx(least_p(pairs), rel=1e-12)
    assert least_p(3) == 0.25


def test_no_difference_has_p_1() -> None:
    assert sign_flip_test([0.0, 0.0, 0.0]) == 1.0
    assert sign_flip_test([1.5, -1.5]) == 1.0


def test_of_very_many_differences_a_sample_of_the_signs_is_near_the_exact_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.random.default_rng(1).normal(0.4, 1.0, 20).tolist()
    exact = sign_flip_test(values)
    monkeypatch.setattr(sign_flips, "MOST_EXACT", 10)
    sampled = sign_flip_test(values)
    assert sampled != exact
    assert sampled == pytest.approx(exact, abs=5 * (exact / sign_flips.SAMPLES) ** 0.5)


@given(st.floats(0, 60), st.integers(1, 200))
@settings(max_examples=60)
def test_students_t_is_scipys(stats: Any, t: float, degrees: int) -> None:
    assert within(t, degrees) == pytest.approx(2 * stats.t.cdf(t, degrees) - 1, abs=1e-10)


@given(st.sampled_from([0.5, 0.8, 0.95, 0.99]), st.integers(1, 60))
@settings(max_examples=40)
def test_its_quantiles_are_scipys(stats: Any, probability: float, degrees: int) -> None:
    assert reach(probability, degrees) == pytest.approx(stats.t.ppf((1 + probability) / 2, degrees), rel=1e-8)


def test_an_effect_by_hand() -> None:
    effect = Effect.of([1.0, 2.0, 3.0])
    assert (effect.mean, effect.deviation, effect.pairs, effect.p) == (2.0, 1.0, 3, 0.25)
    assert (effect.low, effect.high) == pytest.approx((2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))  # t(0.975, 2)
    assert not effect.is_significant
    assert str(effect) == "+2.00 ± 1.00 (95 %: -0.48 to +4.48), p = 0.25 from 3 pairs, the least possible"


def test_significance_needs_six_pairs_at_least() -> None:
    assert not Effect.of([1.0, 1.1, 1.2, 1.3, 1.4]).is_significant
    assert Effect.of([1.0, 1.1, 1.2, 1.3, 1.4, 1.5]).is_significant
