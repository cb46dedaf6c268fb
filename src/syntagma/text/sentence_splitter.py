"""Tokens to sentences: by final marks, by line ends that mean it, and by a limit on length."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise
from operator import attrgetter

from syntagma.text.character_classes import EMOJI, skeleton
from syntagma.text.document import Sentence, Token
from syntagma.text.line_breaks import sentence_line_ends

MAXIMUM_SENTENCE_TOKENS = 1000
_START = attrgetter("start")

_LAST_CHARACTERS = frozenset(".!?…。！？｡．؟।॥۔։።)")
_FULL_STOPS = re.compile(r"[.!?…。！？｡．؟।॥۔։።]+")
_WIDE_STOPS = frozenset("。！？｡．")
_FACE = re.compile(r"[:;=]'?-?\)+")
_OPENING = frozenset("\"'“‘«„(¿¡")
_CLOSING = frozenset(("'", '"', "''", ")", "]", "}", "”", "’", "»", "」", "』", "）", "】", "›"))
_BEFORE_ITEM = frozenset((".", "!", "?", ":", ";"))
_CUTS = (frozenset((";", "；")), frozenset((":", "--", "—", "–")), frozenset((",", "，", "、", "،")))


def split_sentences(text: str, tokens: list[Token]) -> list[Sentence]:
    """Group a text's tokens into sentences, in order; every token is in exactly one.

    A sentence ends after `.`, `!` and `?` (also repeated, and their like in other scripts) with the closing quotes,
    brackets, emoticons and emoji that follow; after `...` and after an emoticon only before a capital. Abbreviations
    carry their stop in their own token and end nothing. It ends at the line ends that `sentence_line_ends` gives. One
    longer than `MAXIMUM_SENTENCE_TOKENS` is divided after the last semicolon, else colon or dash, else comma in the
    limit's second half, else at the limit.
    """
    ends = {0, len(tokens), *_ends_by_mark(tokens), *_ends_by_line(text, tokens)}
    return [
        Sentence(tokens[start:stop])
        for first, last in pairwise(sorted(ends))
        for start, stop in _limit(tokens, first, last)
    ]


def _ends_by_line(text: str, tokens: list[Token]) -> Iterator[int]:
    """Indices after the last token before each line end that ends a sentence."""
    return (bisect_left(tokens, end, key=_START) for end in sentence_line_ends(text))


def _ends_by_mark(tokens: list[Token]) -> Iterator[int]:
    """Indices after the last token of each sentence that a mark ends."""
    taken = 0
    for index in [index for index, token in enumerate(tokens) if token.text[-1] in _LAST_CHARACTERS]:
        if index >= taken:
            mark = tokens[index].text
            is_face = _FACE.fullmatch(mark) is not None
            if is_face or _FULL_STOPS.fullmatch(mark):
                taken = _after_closers(tokens, index)
                if taken == len(tokens) or _may_begin(tokens, index, taken, is_face=is_face):
                    yield taken


def _after_closers(tokens: list[Token], index: int) -> int:
    """Give the index after the quotes, brackets, further stops and faces that belong to the mark at `index`."""
    for following in range(index + 1, len(tokens)):
        word = tokens[following].text
        adjacent = tokens[following].start == tokens[following - 1].end
        if not ((adjacent and (word in _CLOSING or _FULL_STOPS.fullmatch(word))) or _is_face(word)):
            return following
    return len(tokens)


def _may_begin(tokens: list[Token], index: int, following: int, *, is_face: bool) -> bool:
    """Judge whether the token `following` begins a sentence after the mark at `index` and its closers."""
    mark, first = tokens[index].text, tokens[following].text[0]
    if mark[-1] in _WIDE_STOPS:
        return True
    apart = tokens[following].start > tokens[following - 1].end
    if is_face or mark == "…" or mark.startswith(".."):
        return apart and not first.islower() and (first.isalnum() or first in _OPENING)
    if not apart:
        return first.isupper()
    if first.islower() and (tokens[index - 1].text.isdecimal() or (following > index + 1 and mark != ".")):
        return False
    return first not in ".*,;:" and not _is_item_number(tokens, index)


def _is_item_number(tokens: list[Token], index: int) -> bool:
    """True for the stop of "3. Tea" where the number comes first in its sentence."""
    number = tokens[index - 1].text if index else ""
    if not (number.isdecimal() and len(number) <= 3 and tokens[index].text == "."):
        return False
    return index == 1 or tokens[index - 2].text in _BEFORE_ITEM


def _is_face(word: str) -> bool:
    """True for emoticons and emoji, which belong to the sentence they come after."""
    return _FACE.fullmatch(word) is not None or skeleton(word[0]) == EMOJI


def _limit(tokens: list[Token], first: int, last: int) -> list[tuple[int, int]]:
    """Divide one sentence's tokens `first:last` into stretches within the limit."""
    parts: list[tuple[int, int]] = []
    while last - first > MAXIMUM_SENTENCE_TOKENS:
        cut = _best_cut(tokens, first)
        parts.append((first, cut))
        first = cut
    return [*parts, (first, last)]


def _best_cut(tokens: list[Token], first: int) -> int:
    limit = first + MAXIMUM_SENTENCE_TOKENS
    for marks in _CUTS:
        for index in range(limit, first + MAXIMUM_SENTENCE_TOKENS // 2, -1):
            if tokens[index - 1].text in marks:
                return index
    return limit
