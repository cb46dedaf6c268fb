"""The controller against the values of the paper's update, and on rewards whose best combination is known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from syntagma.learning.search.controller import Combination, Controller, reward_of


def bits(text: str) -> Combination:
    return tuple(bit == "1" for bit in text)


PAST = {bits("1111"): 90.0, bits("1011"): 90.4}


def after_the_past(**options: float) -> Controller:
    """A controller that has seen `PAST` and believes nothing yet."""
    controller = Controller(4, momentum=0.0, **options)  # type: ignore[arg-type]
    controller.history.update(PAST)
    return controller


def test_the_reward_loss_and_step_of_the_worked_example() -> None:
    controller = after_the_past(rate=0.1, discount=0.5)
    reward = reward_of(bits("1001"), 90.9, PAST)
    assert reward == pytest.approx([0.0, 0.45, 0.95, 0.0])
    assert controller.loss(bits("1001"), reward) == pytest.approx(0.970406, abs=1e-6)
    assert controller.observe(bits("1001"), 90.9) == pytest.approx(reward)
    assert controller.theta == pytest.approx([0.0, -0.0225, -0.0475, 0.0])


def test_the_step_follows_the_gradient_of_the_loss() -> None:
    controller = after_the_past()
    controller.theta = np.array([0.3, -1.0, 2.0, 0.1])
    reward = reward_of(bits("1001"), 90.9, PAST)
    slopes = []
    for at in range(4):
        losses = []
        for shift in (1e-5, -1e-5):
            controller.theta[at] += shift
            losses.append(controller.loss(bits("1001"), reward))
            controller.theta[at] -= shift
        slopes.append((losses[0] - losses[1]) / 2e-5)
    before = controller.theta.copy()
    controller.observe(bits("1001"), 90.9)
    assert controller.theta == pytest.approx(before - 0.1 * np.array(slopes), abs=1e-8)


def test_momentum_is_that_of_plain_sgd() -> None:
    controller = after_the_past()
    controller.momentum = 0.9
    controller.observe(bits("1001"), 90.9)
    first = controller.theta.copy()
    # every entry of the history moves with the step before, although the same score again has no reward of its own
    controller.history.clear()
    controller.observe(bits("0110"), 50.0)
    assert controller.theta == pytest.approx(first + 0.9 * first)


def test_the_same_combination_again_is_no_evidence() -> None:
    assert not reward_of(bits("1011"), 95.0, {bits("1011"): 90.4}).any()
    with_it = reward_of(bits("1011"), 91.0, PAST)
    assert with_it == pytest.approx(reward_of(bits("1011"), 91.0, {bits("1111"): 90.0}))


combinations = st.tuples(*[st.booleans()] * 5).filter(any)


@given(st.dictionaries(combinations, st.floats(0, 100), max_size=6), combinations, st.floats(0, 100))
def test_the_order_of_the_past_does_not_matter(past: dict[Combination, float], now: Combination, score: float) -> None:
    turned = dict(reversed(past.items()))
    assert reward_of(now, score, past) == pytest.approx(reward_of(now, score, turned))
    for at in range(5):
        if all(other[at] == now[at] for other in past):
            assert reward_of(now, score, past)[at] == 0.0


def test_damping_shrinks_each_difference_before_the_discount() -> None:
    past = {bits("11"): 80.0, bits("10"): 93.0}
    roots = reward_of(bits("01"), 89.0, past, damping="sqrt")
    assert roots == pytest.approx([3.0 - 0.5 * 2.0, -0.5 * 2.0])
    logs = reward_of(bits("01"), 89.0, past, damping="log")
    assert logs == pytest.approx([math.log(10) - 0.5 * math.log(5), -0.5 * math.log(5)])


def test_the_first_proposal_is_all_and_its_score_moves_nothing() -> None:
    controller = Controller(5)
    assert controller.propose() == (True,) * 5
    assert not controller.observe((True,) * 5, 93.0).any()
    assert not controller.theta.any()
    assert controller.beliefs == pytest.approx([0.5] * 5)


def test_the_history_keeps_the_highest_score_of_a_combination() -> None:
    controller = Controller(2)
    for score in (80.0, 90.0, 85.0):
        controller.observe((True, False), score)
    assert controller.history == {(True, False): 90.0}


@pytest.mark.parametrize("lean", [0.0, -4.0, 4.0, 60.0, -60.0])
def test_no_proposal_is_empty_or_the_one_before(lean: float) -> None:
    for seed in range(5):
        controller = Controller(3, seed=seed)
        before = controller.propose()
        controller.theta += lean  # at 60 nothing else than one combination would ever be sampled
        for _ in range(10):
            now = controller.propose()
            assert any(now)
            assert now != before
            before = now


def test_every_allowed_combination_is_as_probable_as_the_beliefs_say() -> None:
    controller = Controller(2, seed=3)
    controller.propose()
    counts = dict.fromkeys(itertools.product([False, True], repeat=2), 0)
    for _ in range(2000):
        controller._previous = (True, True)
        counts[controller.propose()] += 1
    assert counts[False, False] == counts[True, True] == 0
    assert counts[True, False] == pytest.approx(1000, abs=110)


def search(seed: int, rate: float) -> tuple[float, float]:
    """Thirty episodes on a random table: how far the best is from the optimum, and the last ten on average."""
    random = np.random.default_rng(seed)
    size = 8
    linear, pairs = random.normal(0, 0.3, size), random.normal(0, 0.05, (size, size))
    table = np.array(list(itertools.product([0.0, 1.0], repeat=size)))[1:]
    values = 90 + table @ linear + np.einsum("ni,ij,nj->n", table, pairs, table)
    controller = Controller(size, seed=seed, rate=rate)
    true: list[float] = []
    scores: list[float] = []
    for _ in range(30):
        combination = controller.propose()
        chosen = np.asarray(combination, dtype=float)
        true.append(float(90 + linear @ chosen + chosen @ pairs @ chosen))
        scores.append(true[-1] + random.normal(0, 0.05))
        controller.observe(combination, scores[-1])
    best = values.max()
    return best - true[int(np.argmax(scores))], float(best - np.mean(true[-10:]))


def test_it_finds_the_best_combination_more_often_than_chance() -> None:
    controlled = np.array([search(seed, rate=0.1) for seed in range(200)])
    random = np.array([search(seed, rate=0.0) for seed in range(200)])
    found, by_chance = (100 * (gaps[:, 0] < 0.1).mean() for gaps in (controlled, random))
    # ace.md (e) 6: about 80 % against 34 %, the last ten episodes 0.43 against 1.08 below the best; with these draws
    # about 75 % against 27 %, and 0.44 against 1.05.
    assert found > 70
    assert by_chance < 45
    assert controlled[:, 1].mean() < 0.55
    assert random[:, 1].mean() > 0.9


def test_one_candidate_is_no_choice() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Controller(1)
