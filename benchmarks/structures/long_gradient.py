"""Gradients of float32 scores at length 4,096 against float64: log-space autograd loses digits at every word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import errors
import ours
import peers
from goals import DEVIATIONS, LONG_GRADIENT
from problems import chain_problem
from rows import CORE, tried

from syntagma.structures.kernels.dispatch import use_kernel


@dataclass
class LongRow:
    """Largest error of each side's gradient on one problem."""

    size: tuple[int, int, int]
    deviation: float
    bio: bool
    errors: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def met(self, side: str) -> bool:
        """Whether the goal is reached."""
        return self.errors[side] <= LONG_GRADIENT


def long_rows(sides: tuple[str, ...], words: int = 4096) -> Iterator[LongRow]:
    """Rows of 2 sentences of up to this length, with 20 and with 9 labels."""
    for labels in (20, 9):
        for deviation in DEVIATIONS:
            for bio in (False, True):
                yield _row(LongRow((2, words, labels), deviation, bio), sides)


def _row(row: LongRow, sides: tuple[str, ...]) -> LongRow:
    problem = chain_problem(*row.size, row.deviation, bio=row.bio)
    truth = errors.exact("loss", problem)
    chain = ours.Chain(problem)
    for name in sides:
        if name == CORE:
            with use_kernel("reference"):
                result = chain.loss()
        else:
            result = chain.loss()
        row.errors[name] = errors.error("loss", truth, chain, result)
    for name, peer in peers.find("Chain")[0].items():
        function, figure = tried(peer, "loss", problem, truth)
        row.notes[name] = figure.note
        if function is not None:
            row.errors[name] = figure.error
    return row
