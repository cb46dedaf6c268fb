"""Batches of about the same number of words, made of sentences of about the same length."""

from __future__ import annotations

import random
from collections.abc import Sequence

LENGTH_NOISE = 0.1


class WordBudgetBatches:
    """Deals out every example once a pass, in batches of at most `words` words counted with padding.

    An epoch is one pass, or as many as it takes to make `steps` batches of few data. The order depends on the seed and
    the epoch alone, so that an interrupted epoch can be taken up where it stopped.
    """

    def __init__(self, lengths: Sequence[int], *, words: int, seed: int, steps: int = 1) -> None:
        self.lengths = list(lengths)
        self.words = words
        self.seed = seed
        self.passes = -(-steps // max(1, len(self._pass(0))))

    def epoch(self, number: int) -> list[list[int]]:
        """The batches of one epoch, as indices: similar lengths together, shuffled inside and out."""
        return [batch for i in range(self.passes) for batch in self._pass(number * self.passes + i)]

    def _pass(self, number: int) -> list[list[int]]:
        order = random.Random(f"{self.seed}/{number}")
        noisy = [
            (length * (1 + LENGTH_NOISE * order.random()), order.random(), i) for i, length in enumerate(self.lengths)
        ]
        batches = pack([index for *_, index in sorted(noisy)], self.lengths, words=self.words)
        order.shuffle(batches)
        return batches

    def __len__(self) -> int:
        """Batches in an epoch (their number varies a little from epoch to epoch; this is that of the first)."""
        return len(self.epoch(0))


def by_length(lengths: Sequence[int], *, words: int) -> list[list[int]]:
    """Indices of all examples in batches, the shortest examples first: the least padding, for work without learning."""
    return pack(sorted(range(len(lengths)), key=lengths.__getitem__), lengths, words=words)


def pack(order: Sequence[int], lengths: Sequence[int], *, words: int) -> list[list[int]]:
    """Cut a sequence of indices into runs whose padded size, longest length times count, stays within `words`.

    An example that is longer than the budget makes a batch of its own.
    """
    batches: list[list[int]] = []
    batch: list[int] = []
    longest = 0
    for index in order:
        longest = max(longest, lengths[index])
        if batch and longest * (len(batch) + 1) > words:
            batches.append(batch)
            batch, longest = [], lengths[index]
        batch.append(index)
    return [*batches, batch] if batch else batches
