"""Threads that wait by spinning: handing a share of work over costs less than a microsecond while they are awake.

One product of a small decoder takes ten microseconds, too short for a thread that must be woken. So those here, having
worked, look for new work for a moment before they sleep. Work comes in chunks that whoever is free takes next; a thread
that is late finds none left, and nobody waits for it.

The words of a pool, each in a cache line of its own:

    ticket    job number * 2^20 + the next chunk; a chunk is taken by raising it from what it was
    last      chunks of the job
    done      chunks that are finished
    busy      1 while some caller has the pool
    awake     threads that look for work
    function  and its argument, of the job
"""

from __future__ import annotations

import os
import threading
from functools import cache

import numpy as np
from numba import njit

from syntagma.language_models.weights.cpu.memory import call, count_up, exchange_if, pause, share, shared

_TICKET, _LAST, _DONE, _BUSY, _AWAKE, _FUNCTION, _ARGUMENT = (64 * place for place in range(7))
_JOB, _CLOSED = 1 << 20, (1 << 20) - 1
_PATIENCE = 80_000
"""How often a thread looks for work before it sleeps: some 2 ms, in which the next token has been chosen."""


class Pool:
    """Some threads beside the caller's; `address` is what compiled code knows them by."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._memory = np.zeros(8 * 8, np.int64)
        self.address = (self._memory.ctypes.data + 63) // 64 * 64
        self._awake = self._memory[(self.address + _AWAKE - self._memory.ctypes.data) // 8 :]
        self._called = [threading.Event() for _ in range(threads)]
        for event in self._called:
            threading.Thread(target=self._serve, args=(event,), name="syntagma-products", daemon=True).start()

    def wake(self) -> None:
        """Wake those that sleep; work that is spread before they are up is done without them."""
        if self._awake[0] < self.threads:
            for event in self._called:
                event.set()

    def _serve(self, event: threading.Event) -> None:
        while event.wait():
            event.clear()
            _serve(self.address)


@cache
def pool(threads: int) -> Pool:
    """The pool of so many threads beside the caller's. A forked child makes its own."""
    return Pool(threads)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=pool.cache_clear)


@njit(nogil=True, cache=True)
def spread(pool: int, function: int, argument: int, chunks: int) -> None:
    """Call `function(argument, chunk)` for every chunk, here and in the pool's threads; a pool of 0 is none.

    A pool that another caller has is done without.
    """
    if pool == 0 or chunks == 1 or not exchange_if(pool + _BUSY, 0, 1):
        for chunk in range(chunks):
            call(function, argument, chunk)
        return
    ticket = shared(pool + _TICKET)
    job = (ticket // _JOB + 1) * _JOB
    # From here on nobody takes a chunk, so that what a job is can be written word by word. Only who is busy changes
    # the number, but threads may still look for what is left of the last job, and there is nothing.
    exchange_if(pool + _TICKET, ticket, job + _CLOSED)
    share(pool + _DONE, 0)
    share(pool + _FUNCTION, function)
    share(pool + _ARGUMENT, argument)
    share(pool + _LAST, chunks)
    share(pool + _TICKET, job)
    while _take(pool):
        pass
    while shared(pool + _DONE) < chunks:
        pause()
    share(pool + _BUSY, 0)


@njit(nogil=True, cache=True)
def _take(pool: int) -> bool:
    """Do one chunk, unless none is left. Where the ticket is still what it was, so is all that was read with it."""
    ticket = shared(pool + _TICKET)
    chunk = ticket & _CLOSED
    if chunk >= shared(pool + _LAST):
        return False
    function, argument = shared(pool + _FUNCTION), shared(pool + _ARGUMENT)
    if exchange_if(pool + _TICKET, ticket, ticket + 1):
        call(function, argument, chunk)
        count_up(pool + _DONE, 1)
    return True


@njit(nogil=True, cache=True)
def _serve(pool: int) -> None:
    """Work until nothing has come for a moment."""
    count_up(pool + _AWAKE, 1)
    idle = 0
    while idle < _PATIENCE:
        if _take(pool):
            idle = 0
        else:
            pause()
            idle += 1
    count_up(pool + _AWAKE, -1)
