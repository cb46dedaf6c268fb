"""Views laid out for a transformer: which ids are read together, and which states belong to which word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from syntagma.encoders.pieces import Pieces
from syntagma.encoders.windows import windows
from syntagma.text.view import View

Pooling = Literal["first", "mean"]


@dataclass(slots=True)
class Reading:
    """One input of the model: its ids, and for each state that is used its column, its word's slot and its weight."""

    ids: list[int]
    columns: list[int]
    slots: list[int]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class Reader:
    """Lays out views in windows of `window` ids, special ones included, that overlap where own words need several.

    Own words that fit are followed by a separator and as many whole context words as fit; own words that do not fit
    are read without context. Own words are never cut. With `around`, the words around the own ones in their document
    fill what room is left, half of it on each side; what one side does not need is the other's.
    """

    pieces: Pieces
    window: int
    stride: int
    pooling: Pooling
    around: bool = False

    def read(self, views: Sequence[View]) -> list[Reading]:
        """The inputs for all views; the slot of word w of view b is `b * longest + w`."""
        longest = max((len(view.words) for view in views), default=0)
        return [reading for row, view in enumerate(views) for reading in self._read(view, row * longest)]

    def _read(self, view: View, base: int) -> Iterator[Reading]:
        own = self.pieces.of(view.words)
        ids = [piece for word in own for piece in word]
        slots = [base + at for at, word in enumerate(own) for _ in word]
        weights = [weight for word in own for weight in self._weights(len(word))]
        room = self.window - self.pieces.framing
        context = self._context(view, room - len(ids))
        before, after = self._around(view, room - len(ids) - len(context))
        head = [*self.pieces.prefix, *before]
        for start, stop, first, last in windows(len(ids), room, self.stride):
            used = [at for at in range(first, last) if weights[at]]
            yield Reading(
                ids=[*head, *ids[start:stop], *after, *context, *self.pieces.suffix],
                columns=[at - start + len(head) for at in used],
                slots=[slots[at] for at in used],
                weights=[weights[at] for at in used],
            )

    def _weights(self, count: int) -> list[float]:
        if self.pooling == "mean":
            return [1 / count] * count if count else []
        return [1.0, *[0.0] * (count - 1)] if count else []

    def _context(self, view: View, room: int) -> list[int]:
        """The separator and the context's ids, whole words, that fit into `room`; nothing if no word fits."""
        found = list(self.pieces.separator)
        bare = len(found)
        for text in view.context:
            for word in self.pieces.of(text):
                if len(found) + len(word) > room:
                    return found if len(found) > bare else []
                found.extend(word)
        return found if len(found) > bare else []

    def _around(self, view: View, room: int) -> tuple[list[int], list[int]]:
        """The ids of the words before and after the own ones, as many whole words as fit into `room` in all."""
        if not self.around or room <= 0:
            return [], []
        left, right = self.pieces.of(view.before)[::-1], self.pieces.of(view.after)
        needed = sum(map(len, left)), sum(map(len, right))
        before = _nearest(left, max(room // 2, room - needed[1]))
        after = _nearest(right, room - sum(map(len, before)))
        return [piece for word in before[::-1] for piece in word], [piece for word in after for piece in word]


def _nearest(words: Sequence[tuple[int, ...]], room: int) -> Sequence[tuple[int, ...]]:
    """The first words, as many as fit."""
    fitting = sum(total <= room for total in accumulate(map(len, words)))
    return words[:fitting]
