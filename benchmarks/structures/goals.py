"""What is measured and how fast it has to be: issue 3's table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

DEVIATIONS = (1.0, 8.0, 20.0)
BEST = 5
"""k of the k-best paths."""
EXACT_AT_SCALE_100 = 1e-6
LONG_GRADIENT = 1e-5
FIRST_CALL = 0.5
"""Seconds of a compiled kernel's first call in a process, when it was compiled by an earlier one."""


@dataclass(frozen=True)
class Operation:
    """One row of the table of goals."""

    name: str
    method: str
    """What does it: a method of `Chain` or `Trees`, ours and the peers'."""
    kind: Literal["Chain", "Trees"]
    sizes: tuple[tuple[int, ...], ...]
    """Batch, words and, of a chain, labels."""
    fast: float
    """How many times faster than the fastest peer, with the extra `fast`."""
    core: float
    """The same with the core dependencies only."""
    deviations: tuple[float, ...] = DEVIATIONS
    precision: float | None = None
    """The largest error that is right, where the goals say one."""


OPERATIONS = (
    Operation("chain: loss + gradient", "loss", "Chain", ((32, 64, 20), (32, 256, 20), (128, 64, 50)), 16, 4),
    Operation("chain: loss + gradient, few labels", "loss", "Chain", ((32, 64, 9), (128, 256, 9)), 10, 4),
    Operation("chain: Viterbi", "viterbi", "Chain", ((32, 64, 20), (128, 256, 20), (1, 256, 9)), 30, 1),
    Operation("chain: marginals", "marginals", "Chain", ((32, 64, 20), (32, 256, 50)), 20, 5),
    Operation("chain: 5 best", "topk", "Chain", ((32, 64, 20), (32, 256, 20)), 20, 3),
    Operation("projective tree: partition + marginals", "projective", "Trees", ((32, 32), (32, 64)), 25, 1),
    Operation("projective tree: best", "projective_best", "Trees", ((32, 32), (32, 64)), 25, 1),
    Operation("matrix-tree: partition + marginals", "matrix_tree", "Trees", ((32, 32), (32, 64)), 1, 1),
    Operation(
        "matrix-tree: at score scale 100",
        "matrix_tree",
        "Trees",
        ((32, 32), (32, 64)),
        1,
        1,
        deviations=(100.0,),
        precision=EXACT_AT_SCALE_100,
    ),
)


def quick(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """The same operations on small problems, for a run that only shows that everything works."""
    small = {"Chain": (3, 7, 5), "Trees": (3, 6)}
    return tuple(
        replace(operation, sizes=(small[operation.kind],), deviations=operation.deviations[-1:])
        for operation in operations
    )
