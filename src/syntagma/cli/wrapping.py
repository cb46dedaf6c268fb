"""Text that arrives piece by piece, broken between words where a line of the terminal ends."""

from __future__ import annotations

import re

_PARTS = re.compile(r"\n|[^\S\n]+|\S+")
_LONGEST_REST = 10
"""Columns left free for the rest of a word that has only begun."""


class Wrapping:
    """Breaks lines of at most `width` columns. Nothing but white space at a break is held back or changed.

    A word that is wider than a line, or whose rest turns out so, is left to the terminal to break.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._column = 0
        self._space = ""

    def feed(self, piece: str) -> str:
        """What to show of the text so far that has not been shown."""
        return "".join(map(self._part, _PARTS.findall(piece)))

    def _part(self, part: str) -> str:
        from rich.cells import cell_len

        if part == "\n":
            self._column, self._space = 0, ""
            return part
        if part.isspace():
            self._space += part
            return ""
        space, self._space = self._space, ""
        wide = cell_len(space.expandtabs()) + cell_len(part)
        if space and self._column and self._column + wide > self._width - _LONGEST_REST:
            space, wide = "\n", cell_len(part)
            self._column = 0
        self._column = (self._column + wide) % self._width
        return space + part
