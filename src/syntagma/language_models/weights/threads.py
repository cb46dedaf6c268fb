"""Who may use several threads: torch's operations and products with weights, or these products alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class _Given(threading.local):
    """How many threads products have while torch has one; 0 outside `products_alone`."""

    count = 0


_given = _Given()


def product_threads() -> int:
    """How many threads a compiled product may use."""
    return _given.count or torch.get_num_threads()


@contextmanager
def products_alone() -> Iterator[None]:
    """Leave torch one thread in this block, and compiled products all that it had.

    Both kinds of threads look for work for a while before they sleep. When short operations of torch and products take
    turns, as between two tokens, each kind would be in the other's way, and two threads slower than one.
    """
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    _given.count = before
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _given.count = 0
