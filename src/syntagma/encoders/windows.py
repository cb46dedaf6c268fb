"""A text longer than a model's window is read in overlapping windows, each piece where it sees the most context."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple


class Window(NamedTuple):
    """Pieces `start:stop` are read together; of these, `first:last` are taken from this window."""

    start: int
    stop: int
    first: int
    last: int


def windows(length: int, size: int, stride: int) -> list[Window]:
    """Cover `length` pieces with windows of `size` at every `stride`, the last one ending at the end.

    Each piece is taken from exactly one window, the one whose centre is nearest: there the smaller of its left and
    right context is largest. Needs `1 <= stride <= size`.
    """
    if length <= size:
        return [Window(0, length, 0, length)] if length else []
    starts = [*range(0, length - size, stride), length - size]
    # Halfway between two neighbouring centres, a tie going to the earlier window.
    borders = [0, *((a + b + size + 1) // 2 for a, b in pairwise(starts)), length]
    return [
        Window(start, start + size, first, last)
        for start, first, last in zip(starts, borders[:-1], borders[1:], strict=True)
    ]
