"""A view: one way of showing an example to an encoder: own words, then context that is read but never labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syntagma.text.document import Sentence

WORDS_AROUND = 512
"""On each side: no encoder's window holds more."""


@dataclass(frozen=True, slots=True)
class View:
    """The words to encode, the context to read beside them, and where the context came from.

    `before` and `after` are the words around them in their document, nearest ones last and first. An encoder returns
    vectors for `words` only. One that has no use for context ignores it.
    """

    words: Sequence[str]
    context: Sequence[Sequence[str]] = ()
    source: str = "sentence"
    before: Sequence[str] = ()
    after: Sequence[str] = ()


def view_of(sentence: Sentence) -> View:
    """The sentence by itself, with what is known of the words around it."""
    place = sentence.place
    if place is None:
        return View(sentence.words)
    return View(sentence.words, before=place.before(WORDS_AROUND), after=place.after(WORDS_AROUND))
