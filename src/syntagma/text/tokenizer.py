"""Text to tokens with exact offsets, for any text: every character that is no white space is in exactly one token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from syntagma.text.abbreviations import final_stop_parts
from syntagma.text.document import Token
from syntagma.text.token_grammar import token_ends

_STRETCH = re.compile(r"\S+")
_CACHED_STRETCHES = 100_000
_LONGEST_CACHED = 40

_Piece = tuple[str, int, int]
_cache: dict[str, tuple[_Piece, ...]] = {}


def tokenize(text: str) -> list[Token]:
    """Divide a text into tokens, in order; `text[token.start:token.end] == token.text`.

    Language-neutral, with the rules of the English UD treebanks for English words (see `token_grammar`). Takes any
    code points, and linear time. Emoji sequences are one token, combining marks stay with their base, Chinese and
    Japanese text is divided where the script changes.
    """
    known = _cache.get
    return [
        Token(word, base + start, base + end, {})
        for match in _STRETCH.finditer(text)
        for base in (match.start(),)
        for word, start, end in known(match[0]) or _divide(match)
    ]


def _divide(match: re.Match[str]) -> Iterable[_Piece]:
    stretch = match[0]
    ends = token_ends(stretch)
    last = stretch[ends[-2] if len(ends) > 1 else 0 :]
    if len(last) > 1 and last[-1] == "." and last[-2] != ".":
        # Whether the stop belongs to the abbreviation depends on what follows, so this stretch is not remembered.
        if final_stop_parts(last, match.string, match.end()):
            ends[-1:] = [len(stretch) - 1, len(stretch)]
        return _cut(stretch, ends)
    if len(stretch) > _LONGEST_CACHED:
        return _cut(stretch, ends)
    if len(_cache) >= _CACHED_STRETCHES:
        _cache.clear()
    _cache[stretch] = pieces = tuple(_cut(stretch, ends))
    return pieces


def _cut(stretch: str, ends: list[int]) -> Iterator[_Piece]:
    return ((stretch[start:end], start, end) for start, end in pairwise([0, *ends]))
