"""Fair timing on a machine that is not quiet: everyone in turn, many rounds, medians.

On one thread the CPU time of the process counts, which other programs hardly disturb; on two threads the wall time.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median

import torch

_SAMPLE = 0.002
"""Seconds one sample lasts at least: a shorter function is called several times for it."""


_SLOW = 1.0
"""Seconds from which on one call is sample enough: no such side is the fastest."""


def milliseconds(
    sides: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float, threads: int
) -> dict[str, float]:
    """Median milliseconds of one call of each side, measured in turn.

    Args:
        sides: what to call.
        rounds: samples of each side; fewer, but at least three, where they take more than `seconds`; one if slow.
        seconds: about how long each side may be measured in all.
        threads: of torch and of our kernels; with 1 the CPU time is taken, else the wall time.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    with _threads(threads):
        calls, wanted = {}, {}
        for name, side in sides.items():
            once = _timed(side, 1, time.perf_counter)
            if once < _SLOW:
                once = _timed(side, 1, time.perf_counter)
            calls[name] = max(1, math.ceil(_SAMPLE / once))
            wanted[name] = max(3 if once < _SLOW else 1, min(rounds, int(seconds / (once * calls[name]))))
        samples: dict[str, list[float]] = {name: [] for name in sides}
        for i in range(rounds):
            for name, side in sides.items():
                if i * wanted[name] // rounds != (i + 1) * wanted[name] // rounds:  # its turns, spread over the rounds
                    samples[name].append(_timed(side, calls[name], clock))
    return {name: median(times) * 1e3 for name, times in samples.items()}


def _timed(side: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    """Seconds of one call."""
    begin = clock()
    for _ in range(calls):
        side()
    return (clock() - begin) / calls


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """This number of threads inside the block, and no pause for collecting garbage that was there before it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        torch.set_num_threads(before)
