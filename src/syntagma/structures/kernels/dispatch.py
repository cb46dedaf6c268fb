"""Which kernel does the work: the one place that knows. By device and amount of work, unless someone says otherwise.

    with use_kernel("reference"): ...        in this thread, inside the block
    SYNTAGMA_KERNEL=reference syntagma ...   in the whole process

A kernel is a module; the same functions are in `kernels.reference`, and for what pays in `kernels.cpu` (numba, extra
`fast`) and `kernels.cuda` (Triton). Importing numba takes half a second, so small work without a gradient does not
cause it; training uses the compiled kernel from its first step, so that a resumed run repeats an uninterrupted one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

from torch import Tensor

from syntagma.errors import MissingExtraError, StructureError
from syntagma.structures.kernels.lattice import Lattice
from syntagma.structures.kernels.reference.chain import ReferenceSweep

Kernel = Literal["reference", "cpu", "cuda"]

# Elementary steps (a multiplication and an addition each) that are worth importing numba for: some 5 ms of plain torch.
_WORTH_LOADING = 1_000_000

_override: ContextVar[Kernel | None] = ContextVar("kernel", default=None)


@contextmanager
def use_kernel(kernel: Kernel) -> Iterator[None]:
    """Use this kernel inside the block, whatever the device and the amount of work.

    Raises:
        StructureError: there is no such kernel. Work inside raises it where the kernel can't run.
    """
    token = _override.set(_known(kernel, "use_kernel"))
    try:
        yield
    finally:
        _override.reset(token)


def choose(scores: Tensor, work: float, *, learns: bool) -> Kernel:
    """The kernel for `work` elementary steps over `scores`; `learns` where a gradient will be asked for.

    Raises:
        StructureError: the kernel that was asked for does not run on the device of the scores.
        MissingExtraError: its library is not installed.
    """
    asked = _override.get() or _known(os.environ.get("SYNTAGMA_KERNEL"), "SYNTAGMA_KERNEL")
    if asked is not None:
        return _checked(asked, scores)
    if scores.device.type == "cuda":
        return "cuda" if _installed("triton") else "reference"
    if scores.device.type != "cpu" or not _installed("numba"):
        return "reference"
    return "cpu" if learns or work >= _WORTH_LOADING or "numba" in sys.modules else "reference"


def _known(kernel: str | None, source: str) -> Kernel | None:
    for known in get_args(Kernel):
        if kernel == known:
            return known  # type: ignore[no-any-return]
    if kernel:
        raise StructureError(f"{source} asks for the kernel {kernel!r}", fix=f"There are {', '.join(get_args(Kernel))}")
    return None


def _checked(kernel: Kernel, scores: Tensor) -> Kernel:
    if kernel == "reference":
        return kernel
    if scores.device.type != kernel:
        raise StructureError(
            f"the kernel '{kernel}' was asked for, and the scores are on '{scores.device}'",
            fix="Move the scores, or ask for 'reference', which runs on any device",
        )
    if kernel == "cpu" and not _installed("numba"):
        raise MissingExtraError("fast", "the kernel 'cpu'")
    return kernel


@cache
def _installed(library: str) -> bool:
    return find_spec(library) is not None


class Sweep(Protocol):
    """What a forward-backward kernel answers about a lattice; every result without history."""

    lattice: Lattice

    def log_partition(self) -> Tensor:
        """`[batch]`"""

    def unary(self) -> Tensor:
        """Probability of every label at every word, `[words, batch, labels]`."""

    def pairs(self) -> Tensor:
        """Probability of every two neighbouring labels, `[words - 1, batch, from, to]`."""

    def pair_sum(self, weights: Tensor) -> Tensor:
        """`pairs()` weighted by row, `weights [batch]`, summed over words and rows: `[from, to]`; shared table only."""

    def log_alpha(self) -> Tensor:
        """Log-probability of every label given the words up to it, `[words, batch, labels]`."""

    def window(self, rows: Tensor, first: Tensor, allowed: Tensor) -> Tensor:
        """Log-probability that a window's labels are allowed, `[spans]`."""


def sweep(lattice: Lattice) -> Sweep:
    """Forward-backward over a lattice that needs no gradient.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    return ReferenceSweep(lattice)
