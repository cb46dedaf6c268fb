"""The frame of a picture: an SVG file of its own, whose colours follow the reader's light or dark page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from syntagma.markup import caption, element

LETTER = 7.4
"""Width of a letter in pixels, more or less."""
FAINT = 0.02
"""What is less probable than this is not drawn."""

_STYLE = """
svg { --ink: #1c2330; --faint: #5d6675; --mark: #2563c9; --other: #c2410c; font: 13px system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e4e8ef; --faint: #98a2b3; --mark: #6ea8fe; --other: #ff9a62 }
}
text { fill: var(--ink) } .small { fill: var(--faint); font-size: 11px }
.line { fill: none; stroke: var(--faint) } .best { stroke: var(--mark) } .head { fill: var(--faint) }
.best.head { fill: var(--mark); stroke: none }
.shade { fill: var(--mark) } .chosen { fill: none; stroke: var(--other); stroke-width: 2 }
"""


def framed(width: float, height: float, content: str, label: str) -> str:
    """A picture of this size in pixels as a file of its own; `label` is what a screen reader says."""
    box = f"0 0 {width:g} {height:g}"
    name = "http://www.w3.org/2000/svg"
    style = element("style", _STYLE)
    return element("svg", style + content, xmlns=name, viewBox=box, width=width, role="img", aria_label=label)


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
