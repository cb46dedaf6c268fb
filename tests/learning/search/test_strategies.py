"""Strategies: what they propose, and that none has more training than another."""

from __future__ import annotations

import itertools

import pytest

from syntagma.errors import RecipeError
from syntagma.learning.search.controller import Combination, Controller
from syntagma.learning.search.strategies import Budget, Exhaustive, Greedy, Sampled, Strategy, Together

BUDGET = Budget(10, 3)


def make() -> dict[str, Strategy]:
    return {
        "ace": Sampled(Controller(3, seed=1), BUDGET),
        "random": Sampled(Controller(3, seed=1, rate=0.0), BUDGET),
        "all": Together(3, BUDGET),
        "greedy": Greedy(3, BUDGET),
        "exhaustive": Exhaustive(3, BUDGET, seed=1),
    }


def tried(strategy: Strategy, scores: dict[Combination, float]) -> list[Combination]:
    found = []
    for _ in range(strategy.budget.episodes):
        found.append(strategy.propose())
        strategy.observe(found[-1], scores.get(found[-1], 0.0))
    return found


@pytest.mark.parametrize("name", make())
def test_the_budget_is_kept_and_all_come_first(name: str) -> None:
    strategy = make()[name]
    assert 21 <= strategy.budget.episodes * strategy.budget.epochs <= 30
    found = tried(strategy, {})
    assert found[0] == (True,) * 3
    assert all(any(combination) for combination in found)
    assert all(type(bit) is bool for combination in found for bit in combination)
    assert found == tried(make()[name], {})


def test_a_long_first_episode_is_in_every_budget() -> None:
    budget = Budget(10, 1, first=6)
    assert [budget.of(number) for number in (1, 2, 10)] == [6, 1, 1]
    assert budget.total == 15
    assert Together(3, budget).budget.total == 15
    assert Exhaustive(3, budget, seed=1).budget == (7, 2, None)
    assert Budget(10, 3).total == 30


def test_random_search_believes_nothing() -> None:
    strategy = make()["random"]
    tried(strategy, {(True, True, True): 90.0})
    assert strategy.beliefs == (0.5, 0.5, 0.5)
    assert make()["greedy"].beliefs == ()


def test_exhaustive_tries_every_combination_once() -> None:
    found = tried(make()["exhaustive"], {})
    assert sorted(found) == sorted(bits for bits in itertools.product((True, False), repeat=3) if any(bits))


def test_exhaustive_needs_an_epoch_for_each() -> None:
    with pytest.raises(RecipeError, match="4 candidates have 15 combinations, and the budget is 14 epochs"):
        Exhaustive(4, Budget(7, 2), seed=1)


def test_greedy_moves_to_the_best_neighbour_if_it_is_better() -> None:
    best = (True, False, False)
    scores = {(True, True, True): 80.0, (True, True, False): 82.0, (False, True, True): 81.0, best: 85.0}
    found = tried(Greedy(3, Budget(12, 1)), scores)
    assert found[:4] == [(True, True, True), (False, True, True), (True, False, True), (True, True, False)]
    assert found[4] == (True, True, False)
    assert found[5:8] == [(False, True, False), best, (True, True, True)]
    assert found[8] == best
    # without any candidate there is nothing to try, and where no neighbour is better it stays
    assert found[9:12] == [(True, True, False), (True, False, True), best]
