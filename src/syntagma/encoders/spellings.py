"""The spellings under which a word is sought in a table, one after the other."""

from __future__ import annotations

import re
from collections.abc import Container

_DIGIT = re.compile(r"\d")


def spellings(word: str) -> tuple[str, ...]:
    """The word as it stands, in lower case, with its digits as 0, and both."""
    lower = word.lower()
    return word, lower, _DIGIT.sub("0", word), _DIGIT.sub("0", lower)


def known_spelling(word: str, known: Container[str]) -> str | None:
    """The first spelling that is known, or None."""
    if word in known:
        return word
    return next((spelling for spelling in spellings(word) if spelling in known), None)
