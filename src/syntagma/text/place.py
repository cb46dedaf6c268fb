"""Where a sentence stands in its document: the words around it, for encoders that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence's own words are `words[first : first + count]` of all words of its document."""

    words: Sequence[str]
    first: int
    count: int

    def before(self, limit: int) -> Sequence[str]:
        """At most so many words in front of the sentence, the nearest ones."""
        return self.words[max(0, self.first - limit) : self.first]

    def after(self, limit: int) -> Sequence[str]:
        """At most so many words behind the sentence, the nearest ones."""
        stop = self.first + self.count
        return self.words[stop : stop + limit]
