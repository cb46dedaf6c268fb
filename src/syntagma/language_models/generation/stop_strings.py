"""Stop strings in text that arrives piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from syntagma.errors import SyntagmaError


class StopStrings:
    """Lets text through up to the first stop string, and holds back what may yet become one.

    Raises:
        SyntagmaError: a stop string is empty.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        if "" in stops:
            raise SyntagmaError("a stop string is empty", fix="It would stop before the first character: leave it out")
        self.stops = tuple(stops)
        self.found: str | None = None
        """The stop string that ended the text."""
        self._held = ""

    def add(self, text: str) -> str:
        """What can be shown now that this text has come. Nothing comes after a stop string."""
        if self.found is not None:
            return ""
        self._held += text
        places = [(place, stop) for stop in self.stops if (place := self._held.find(stop)) >= 0]
        if places:
            end, self.found = min(places)
            return self._let_through(end, keep=False)
        return self._let_through(len(self._held) - self._beginning())

    def end(self) -> str:
        """What was held back, when no more text comes."""
        return self._let_through(len(self._held))

    def _beginning(self) -> int:
        """Length of the longest end of the text that a stop string begins with."""
        longest = max(map(len, self.stops), default=1) - 1
        for length in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self.stops):
                return length
        return 0

    def _let_through(self, end: int, *, keep: bool = True) -> str:
        shown, self._held = self._held[:end], self._held[end:] if keep else ""
        return shown
