"""Rows and columns of a picture: a column for each word, a margin for the names of rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from syntagma.drawings.drawing import LETTER, Drawing, Svg
from syntagma.markup import caption

FAINT = 0.02
"""What is less probable than this is not drawn."""


def framed(width: float, height: float, content: str, label: str) -> Svg:
    """A picture of this size in pixels as a file of its own; `label` is what a screen reader says."""
    return Drawing(width, height, content, label).file()


class Columns:
    """A column for each word, as wide as the word and no narrower than `least` pixels."""

    def __init__(self, words: Sequence[str], left: float, least: float = 44.0) -> None:
        self.words = words
        widths = [max(least, LETTER * len(word) + 14) for word in words]
        self.edges = list(accumulate(widths, initial=left))
        self.middles = [(before + after) / 2 for before, after in pairwise(self.edges)]
        self.right = self.edges[-1]

    def row(self, y: float) -> str:
        """The words on a line at height `y`, each in the middle of its column."""
        pairs = zip(self.words, self.middles, strict=True)
        return "".join(caption(x, y, word, text_anchor="middle") for word, x in pairs)


def margin(names: Sequence[str]) -> float:
    """Room on the left for the names of rows."""
    return 16 + LETTER * max((len(name) for name in names), default=0)
