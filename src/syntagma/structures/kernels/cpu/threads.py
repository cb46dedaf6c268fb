"""A few threads over the rows of a batch, where the work is worth it; kernels run outside the interpreter's lock.

No OpenMP: its threads do not survive a fork, and data loaders fork. Ours are made anew in a child that needs them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")

# Elementary steps (a multiplication and an addition each) that a second thread is worth waking for: about 1 ms.
WORTH_A_THREAD = 2_000_000

_pool: ThreadPoolExecutor | None = None


def over_rows(run: Callable[[int, int], Result], rows: int, work: float) -> list[Result]:
    """Call `run(first, last)` for ranges that together are `range(rows)`; the results in the order of the ranges.

    At most `torch.get_num_threads()` ranges, and one alone where the whole is below a millisecond of `work`.
    """
    ranges = max(1, min(torch.get_num_threads(), rows, int(work / WORTH_A_THREAD) + 1))
    if ranges == 1:
        return [run(0, rows)]
    bounds = [rows * part // ranges for part in range(ranges + 1)]
    others = [_threads().submit(run, *bounds[part : part + 2]) for part in range(1, ranges)]
    return [run(0, bounds[1]), *(other.result() for other in others)]


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="syntagma")
    return _pool


def _forget() -> None:
    """In a forked child: the parent's threads are not here."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_forget)
