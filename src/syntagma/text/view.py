"""A view: one way of showing an example to an encoder: own words, then context that is read but never labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """The words to encode, the context to read beside them, and where the context came from.

    An encoder returns vectors for `words` only. One that has no use for context ignores it.
    """

    words: Sequence[str]
    context: Sequence[Sequence[str]] = ()
    source: str = "sentence"
