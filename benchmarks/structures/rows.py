"""One row of the benchmark: the same problem given to us and to every peer, their times and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import errors
import ours
import peers
from goals import BEST, Operation
from measuring import milliseconds
from problems import ChainProblem, TreeProblem, chain_problem, tree_problem

from syntagma.structures.kernels.dispatch import use_kernel

Call = Callable[[], Any]
FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a library that can't do something raises."""
PENALTY = -1e4
FAST, CORE = "ours, fast", "ours, core"


@dataclass
class Figure:
    """What was measured of one side."""

    error: float
    """Largest error, as `errors.py` says; NaN or infinite where it is wrong."""
    note: str = ""
    cpu_ms: float = math.nan
    """On one thread."""
    wall_ms: float = math.nan
    """On two."""


@dataclass
class Row:
    """One operation on one problem."""

    operation: Operation
    size: tuple[int, ...]
    deviation: float
    bio: bool
    figures: dict[str, Figure] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Peers without a figure, and why."""

    @property
    def peer(self) -> str | None:
        """The fastest peer that runs, None where none does."""
        names = [name for name in self.figures if name not in (FAST, CORE)]
        return min(names, key=lambda name: self.figures[name].cpu_ms, default=None)

    def ratio(self, side: str, clock: str = "cpu_ms") -> float:
        """How many times as long the fastest peer takes."""
        if self.peer is None or side not in self.figures:
            return math.nan
        return float(getattr(self.figures[self.peer], clock) / getattr(self.figures[side], clock))

    def met(self, side: str) -> bool | None:
        """Whether the goal is reached; None where there is nothing to compare."""
        ratio, precision = self.ratio(side), self.operation.precision
        if math.isnan(ratio):
            return None
        right = precision is None or self.figures[side].error <= precision
        return right and ratio >= (self.operation.fast if side == FAST else self.operation.core)


def rows(operation: Operation) -> Iterator[Row]:
    """The rows of an operation, not measured yet; constraints concern chains only."""
    for size in operation.sizes:
        for deviation in operation.deviations:
            for bio in (False, True) if operation.kind == "Chain" else (False,):
                yield Row(operation, size, deviation, bio)


def measure(row: Row, sides: tuple[str, ...], *, rounds: int, seconds: float, clocks: dict[int, str]) -> None:
    """Fill in the figures of ours and of every peer that runs; `clocks`: for a number of threads, which figure."""
    given = _problem(row)
    truth = errors.exact(row.operation.method, given)
    calls = {**_ours(row, sides, given, truth), **_peers(row, given, truth)}
    for threads, clock in clocks.items():
        times = milliseconds(calls, rounds=rounds, seconds=seconds, threads=threads)
        for name, value in times.items():
            setattr(row.figures[name], clock, value)


def tried(peer: Any, method: str, given: ChainProblem | TreeProblem, truth: Any) -> tuple[Call | None, Figure]:
    """A peer's operation, with -inf where something is forbidden or, where that breaks it, with a large penalty."""
    function, figure = _attempt(peer, method, given, truth)
    if isinstance(given, ChainProblem) and given.constrained and not math.isfinite(figure.error):
        function, figure = _attempt(peer, method, given.with_penalty(PENALTY), truth)
        figure.note = figure.note or f"{PENALTY:.0e} for -inf"
    return function, figure


def _problem(row: Row) -> ChainProblem | TreeProblem:
    if row.operation.kind == "Trees":
        batch, words = row.size
        return tree_problem(batch, words, row.deviation)
    batch, words, labels = row.size
    return chain_problem(batch, words, labels, row.deviation, bio=row.bio)


def _ours(row: Row, sides: tuple[str, ...], given: ChainProblem | TreeProblem, truth: Any) -> dict[str, Call]:
    calls, method = {}, row.operation.method
    side = getattr(ours, row.operation.kind)(given)
    for name in sides:
        function = _call(side, method)
        calls[name] = by_reference(function) if name == CORE else function
        row.figures[name] = Figure(errors.error(method, truth, side, calls[name]()))
    return calls


def _peers(row: Row, given: ChainProblem | TreeProblem, truth: Any) -> dict[str, Call]:
    calls, method = {}, row.operation.method
    found, row.absent = peers.find(row.operation.kind)
    for name, peer in found.items():
        if not hasattr(peer, method):
            row.absent[name] = "does not offer it"
            continue
        function, figure = tried(peer, method, given, truth)
        if function is None:
            row.absent[name] = figure.note
        else:
            calls[name], row.figures[name] = function, figure
    return calls


def _attempt(peer: Any, method: str, given: Any, truth: Any) -> tuple[Call | None, Figure]:
    try:
        side = peer(given)
        function = _call(side, method)
        return function, Figure(errors.error(method, truth, side, function()))
    except FAILURES as error:
        return None, Figure(math.nan, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")


def _call(side: Any, method: str) -> Call:
    """The operation on a side's problem, ready to be called."""
    function = getattr(side, method)
    return partial(function, BEST) if method == "topk" else function


def by_reference(function: Call) -> Call:
    """The same with the core's kernel, whatever is installed."""

    def inside() -> Any:
        with use_kernel("reference"):
            return function()

    return inside
