"""The scores of a study's runs, asked for by point of the grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from syntagma.learning.studies.effect import Effect
from syntagma.learning.studies.record import Record
from syntagma.learning.studies.stack import Addition, Kind, Stack


@dataclass(frozen=True, slots=True)
class Cell:
    """The scores of one stack at one size, over seeds."""

    mean: float
    deviation: float


class Results:
    """All records of a study; every stack of a data set has every size and seed.

    Args:
        stacks, sizes: in the order in which they are told; sizes ascending.
        records: of all runs.
    """

    def __init__(self, stacks: Sequence[Stack], sizes: Sequence[str], records: Sequence[Record]) -> None:
        self.stacks, self.sizes, self.records = stacks, sizes, records
        self.data = list(dict.fromkeys(record.run.data for record in records))
        self.seeds = list(dict.fromkeys(record.run.seed for record in records))
        self._by_run = {(r.run.data, r.run.stack, r.run.size, r.run.seed): r for r in records}

    def has(self, data: str, *stacks: Stack) -> bool:
        """Whether this data set was tried with all these stacks."""
        return all((data, stack.name, self.sizes[0], self.seeds[0]) in self._by_run for stack in stacks)

    def scores(self, data: str, stack: Stack, size: str) -> list[float]:
        """One score a seed."""
        return [self._by_run[data, stack.name, size, seed].score for seed in self.seeds]

    def cell(self, data: Sequence[str], stack: Stack, size: str) -> Cell:
        """Mean and deviation over seeds of the mean over data sets."""
        by_seed = [fmean(scores) for scores in zip(*(self.scores(one, stack, size) for one in data), strict=True)]
        return Cell(fmean(by_seed), stdev(by_seed))

    def common(self) -> list[Stack]:
        """The stacks that every data set was tried with."""
        return [stack for stack in self.stacks if all(self.has(data, stack) for data in self.data)]

    def differences(self, addition: Addition, size: str) -> dict[str, list[float]]:
        """What the addition changes: of each data set that has both stacks one difference a seed."""
        return {
            data: [
                with_it - without
                for with_it, without in zip(
                    self.scores(data, addition.larger, size), self.scores(data, addition.base, size), strict=True
                )
            ]
            for data in self.data
            if self.has(data, addition.base, addition.larger)
        }

    def effect(self, additions: Sequence[Addition], size: str) -> Effect | None:
        """The effect of several additions together; None if no data set has any of them.

        Additions share runs, so their differences are averaged first: one value for each data set and seed.
        """
        found = [self.differences(addition, size) for addition in additions]
        values = [
            fmean(of_seed)
            for data in self.data
            for of_seed in zip(*(one[data] for one in found if data in one), strict=True)
        ]
        return Effect.of(values) if values else None

    def spread(self, additions: Sequence[Addition], size: str) -> float:
        """By how much scores differ between seeds alone: the mean deviation of the stacks that are compared."""
        deviations = [
            stdev(self.scores(data, stack, size))
            for addition in additions
            for data in self.data
            if self.has(data, addition.base, addition.larger)
            for stack in (addition.base, addition.larger)
        ]
        return fmean(deviations)

    def reliance(self, data: str, stack: Stack, size: str) -> dict[Kind, float]:
        """The mean score over seeds when only one kind of encoder is kept; empty where that was not measured."""
        records = [self._by_run[data, stack.name, size, seed] for seed in self.seeds]
        if not all(set(stack.kinds) <= set(record.reliance) for record in records):
            return {}
        return {kind: fmean(record.reliance[kind] for record in records) for kind in stack.kinds}
