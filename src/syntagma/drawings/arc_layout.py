"""Where arcs above words run: how high each of them is, and where words and the ends of arcs stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

SLOT = 7.0
"""How far apart in pixels the ends of two arcs at one word are."""
GAP = 16.0
"""Room between two words."""
ROOM = 10.0
"""What an arc is wider than its label."""


class ArcEnds(NamedTuple):
    """What an arc joins, in CoNLL-U's numbers: 0 is the root, j the j-th word."""

    head: int
    word: int
    label_width: float = 0.0

    @property
    def low(self) -> int:
        """The left one of the two."""
        return min(self.head, self.word)

    @property
    def high(self) -> int:
        """The right one of the two."""
        return max(self.head, self.word)


class ArcPlace(NamedTuple):
    """Where an arc leaves its head and reaches its word, and its level; an arc of the root stands over its word."""

    start: float
    end: float
    level: int


def arc_levels(arcs: Sequence[ArcEnds]) -> list[int]:
    """Each arc's level, from 1: above all shorter arcs that lie over a part of its stretch; the root's above all.

    An arc from a word to itself, which a graph may have, stretches over half the way to its neighbours.
    """
    ordered = sorted((arc.high - arc.low, arc.word, arc.head, index) for index, arc in enumerate(arcs) if arc.head)
    taken = [0] * (1 + max((arc.high for arc in arcs), default=0))
    levels = [0] * len(arcs)
    for *_, index in ordered:
        low, high = arcs[index].low, arcs[index].high
        under = slice(low, high) if low < high else slice(low - 1, low + 1)
        levels[index] = 1 + max(taken[under], default=0)
        taken[under] = [levels[index]] * len(taken[under])
    highest = 1 + max(levels, default=0)
    return [level or highest for level in levels]


class ArcLayout:
    """Words side by side, as close as the arcs' labels and ends let them, and the places of the arcs.

    Args:
        widths: of the words, in pixels.
        arcs: what each arc joins.
        mirrored: whether the first word stands on the right, as in Arabic and Hebrew.
    """

    def __init__(self, widths: Sequence[float], arcs: Sequence[ArcEnds], *, mirrored: bool = False) -> None:
        offsets = _offsets(arcs)
        crowds = _crowds(arcs, len(widths))
        roots = {arc.word: arc.label_width + ROOM for arc in arcs if not arc.head}
        halves = [
            max(width / 2, roots.get(word, 0.0) / 2 - GAP / 2, SLOT * (crowd + 0.5) - GAP / 2)
            for word, (width, crowd) in enumerate(zip(widths, crowds, strict=True), 1)
        ]
        middles = _middles(halves, arcs, offsets)
        self.width = middles[-1] + halves[-1] + GAP / 2 if middles else GAP
        """Of the whole drawing."""
        self.levels = arc_levels(arcs)
        """Of the arcs."""
        side = -1.0 if mirrored else 1.0
        self.middles = [self.width - middle if mirrored else middle for middle in middles]
        """Of the words."""
        self.places = [
            ArcPlace(
                self.middles[arc.head - 1] + side * start if arc.head else self.middles[arc.word - 1],
                self.middles[arc.word - 1] + side * end,
                level,
            )
            for arc, (start, end), level in zip(arcs, offsets, self.levels, strict=True)
        ]
        """Of the arcs."""


def _offsets(arcs: Sequence[ArcEnds]) -> list[tuple[float, float]]:
    """How far from the middles of head and word each arc ends: side by side, the longest nearest to the middle."""
    counts: dict[tuple[int, bool], int] = defaultdict(int)
    offsets = [(0.0, 0.0)] * len(arcs)
    for index in sorted(range(len(arcs)), key=lambda each: arcs[each].low - arcs[each].high):
        arc = arcs[index]
        if arc.head:
            counts[arc.low, True] += 1
            counts[arc.high, False] += 1
            left, right = SLOT * counts[arc.low, True], -SLOT * counts[arc.high, False]
            offsets[index] = (left, right) if arc.head < arc.word else (right, left)
    return offsets


def _crowds(arcs: Sequence[ArcEnds], words: int) -> list[int]:
    """How many arcs end at the fuller side of each word."""
    sides = [[0, 0] for _ in range(words + 1)]
    for arc in arcs:
        if arc.head:
            sides[arc.low][1] += 1
            sides[arc.high][0] += 1
    return [max(both) for both in sides[1:]]


def _middles(halves: Sequence[float], arcs: Sequence[ArcEnds], offsets: Sequence[tuple[float, float]]) -> list[float]:
    """The least places of the words that leave room between neighbours and for every label between its arc's ends."""
    asked: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for arc, (start, end) in zip(arcs, offsets, strict=True):
        if arc.head:
            asked[arc.high].append((arc.low, abs(start) + abs(end) + arc.label_width + ROOM))
    middles = [GAP / 2 + half for half in halves[:1]]
    for word, (before, half) in enumerate(pairwise(halves), 2):
        least = [middles[low - 1] + distance for low, distance in asked[word] if low < word]
        middles.append(max([middles[-1] + before + GAP + half, *least]))
    return middles
