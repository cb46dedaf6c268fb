"""How much of one sequence another begins with: what a memory of the one is worth to the other."""

from __future__ import annotations

from collections.abc import Sequence


def common_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids at the beginning are the same."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
