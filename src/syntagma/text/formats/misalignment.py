"""Spans that meet no token boundary: each one reported with its line, none lost in silence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from syntagma.errors import DataError

LOG = logging.getLogger(__name__)
SHOWN = 20


class MisalignedSpan(NamedTuple):
    """A span `text[start:end]` of the record at `where` (`file:line`) that does not begin and end with a token."""

    where: str
    start: int
    end: int
    text: str
    label: str

    def __str__(self) -> str:
        return f"{self.where}: {self.start}:{self.end} {self.text!r} ({self.label})"


OnMisaligned: TypeAlias = Literal["error", "skip"] | Callable[[MisalignedSpan], None]


class Misalignments:
    """Takes the misaligned spans of one file and tells of them: at once to a function, or all together at the end."""

    def __init__(self, name: str, tell: OnMisaligned) -> None:
        self._name = name
        self._tell = tell
        self._count = 0
        self._first: list[MisalignedSpan] = []

    def add(self, span: MisalignedSpan) -> None:
        """Note one span, or tell the function of it."""
        if callable(self._tell):
            self._tell(span)
            return
        self._count += 1
        if len(self._first) < SHOWN:
            self._first.append(span)

    def finish(self) -> None:
        """End the file.

        Raises:
            DataError: there were misaligned spans and they are errors; the first 20 are named.
        """
        if not self._count:
            return
        lines = [str(span) for span in self._first]
        if self._count > SHOWN:
            lines.append(f"and {self._count - SHOWN} more")
        found = f"{self._count} span(s) meet no token boundary:\n  " + "\n  ".join(lines)
        if self._tell == "error":
            fix = "\nCorrect their offsets, give the tokens, or drop them with on_misaligned='skip'"
            raise DataError(found + fix, where=self._name)
        LOG.warning("%s: dropped: %s", self._name, found)
