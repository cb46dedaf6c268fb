"""Whether the full stop after an abbreviation belongs to it or ends the sentence, by what follows."""

from __future__ import annotations

import re

from syntagma.text.english_words import CLOSING_ABBREVIATIONS

_CLOSING = frozenset(CLOSING_ABBREVIATIONS.split())
_FOLLOWING = re.compile(r"[^\S\r\n]*(\r\n|\r|\n)?[^\S\r\n]*(\S?)")


def final_stop_parts(abbreviation: str, text: str, end: int) -> bool:
    """True if the stop that ends `abbreviation` at `text[:end]` is a token of its own.

    As in the English treebanks: "etc." or "p.m." lose it before a capital; a number's "No." keeps it before a digit
    only; at the end of a paragraph all lose it but those with inner stops ("U.S.").
    """
    head = abbreviation[:-1]
    found = _FOLLOWING.match(text, end)
    following = found[2] if found else ""
    if head == "No":
        return not following.isdecimal()
    if not following:
        return head in _CLOSING or "." not in head
    return following.isupper() and head in _CLOSING
