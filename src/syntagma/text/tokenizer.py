"""Text to tokens with exact offsets, for any text: every character that is no white space is in exactly one token."""

from __future__ import annotations

import re
from itertools import pairwise

from syntagma.text.document import Token
from syntagma.text.token_grammar import token_ends

_STRETCH = re.compile(r"\S+")
_CACHED_STRETCHES = 100_000
_LONGEST_CACHED = 40

_Pieces = tuple[tuple[str, int, int], ...]
_cache: dict[str, _Pieces] = {}


def tokenize(text: str) -> list[Token]:
    """Divide a text into tokens, in order; `text[token.start:token.end] == token.text`.

    Language-neutral, with the rules of the English UD treebanks for English words (see `token_grammar`). Takes any
    code points, and linear time. Emoji sequences are one token, combining marks stay with their base, Chinese and
    Japanese text is divided where the script changes.
    """
    tokens: list[Token] = []
    add, known = tokens.append, _cache.get
    for match in _STRETCH.finditer(text):
        stretch, base = match[0], match.start()
        for word, start, end in known(stretch) or _divide(stretch):
            add(Token(word, base + start, base + end))
    return tokens


def _divide(stretch: str) -> _Pieces:
    ends = token_ends(stretch)
    pieces = tuple((stretch[start:end], start, end) for start, end in pairwise([0, *ends]))
    if len(stretch) <= _LONGEST_CACHED:
        if len(_cache) >= _CACHED_STRETCHES:
            _cache.clear()
        _cache[stretch] = pieces
    return pieces
