"""Batches: every example once, within the budget, the same for the same seed."""

from __future__ import annotations

from hypothesis import given, strategies as st

from syntagma.learning.batches import WordBudgetBatches, pack

lengths_of = st.lists(st.integers(1, 60), max_size=80)


@given(lengths_of, st.integers(1, 200), st.integers(0, 5))
def test_an_epoch_holds_every_example_once_within_the_budget(lengths: list[int], words: int, epoch: int) -> None:
    batches = WordBudgetBatches(lengths, words=words, seed=1).epoch(epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= words


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = list(range(1, 50))
    batches = WordBudgetBatches(lengths, words=100, seed=1)
    assert batches.epoch(3) == WordBudgetBatches(lengths, words=100, seed=1).epoch(3)
    assert batches.epoch(3) != batches.epoch(4)
    assert batches.epoch(3) != WordBudgetBatches(lengths, words=100, seed=2).epoch(3)


def test_packing_keeps_the_order() -> None:
    assert pack([2, 0, 1], [3, 1, 3], words=6) == [[2, 0], [1]]
    assert pack([], [], words=6) == []
    assert pack([0], [100], words=6) == [[0]]


@given(lengths_of.filter(bool), st.integers(20, 200), st.integers(0, 5), st.integers(1, 30))
def test_few_data_are_gone_through_until_there_are_enough_steps(
    lengths: list[int], words: int, epoch: int, steps: int
) -> None:
    batches = WordBudgetBatches(lengths, words=words, seed=1, steps=steps)
    once = WordBudgetBatches(lengths, words=words, seed=1)
    found = batches.epoch(epoch)
    passes = batches.passes
    assert passes * len(once) >= steps > (passes - 1) * len(once)
    assert found == [batch for i in range(passes) for batch in once.epoch(epoch * passes + i)]
