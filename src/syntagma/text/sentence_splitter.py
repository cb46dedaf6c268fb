"""Tokens to sentences: by final marks, by line ends that mean it, and by a limit on length."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise

from syntagma.text.character_classes import EMOJI, skeleton
from syntagma.text.document import Sentence, Token
from syntagma.text.line_breaks import sentence_line_ends

MAXIMUM_SENTENCE_TOKENS = 1000

_CANDIDATES = frozenset(".!?…。！？｡．؟।॥۔։።)")
_FULL_STOPS = re.compile(r"[.!?…。！？｡．؟।॥۔։።]+")
_WIDE_STOPS = frozenset("。！？｡．")
_FACE = re.compile(r"[:;=]'?-?\)+")
_CLOSING = frozenset(("'", '"', "''", ")", "]", "}", "”", "’", "»", "」", "』", "）", "】", "›"))
_MARKS_BEFORE_ITEM = frozenset((".", "!", "?", ":", ";"))
_CUTS = (frozenset((";", "；")), frozenset((":", "--", "—", "–")), frozenset((",", "，", "、", "،")))


def split_sentences(text: str, tokens: list[Token]) -> list[Sentence]:
    """Group a text's tokens into sentences, in order; every token is in exactly one.

    A sentence ends after `.`, `!` and `?` (also repeated, and their like in other scripts) with the closing quotes,
    brackets, emoticons and emoji that follow; after `...` and after an emoticon only before a capital. Abbreviations
    carry their stop in their own token and end nothing. It ends at the line ends that `sentence_line_ends` gives. One
    longer than `MAXIMUM_SENTENCE_TOKENS` is divided after the last semicolon, else colon or dash, else comma in the
    limit's second half, else at the limit.
    """
    ends = {index + 1 for index in _final_tokens(tokens)} | _line_starts(text, tokens)
    ends.add(len(tokens))
    bounds = sorted(ends | {0})
    return [Sentence(tokens[start:stop]) for first, last in pairwise(bounds) for start, stop in _limit(tokens, first, last)]


def _final_tokens(tokens: list[Token]) -> list[int]:
    """Indices of the tokens that close a sentence."""
    final: list[int] = []
    done = -1
    for index, token in enumerate(tokens):
        if token.text[-1] in _CANDIDATES and index > done and (last := _closes(tokens, index)) is not None:
            final.append(last)
            done = last
    return final


def _closes(tokens: list[Token], index: int) -> int | None:
    """Give the last token of the sentence that the mark at `index` ends, or None if it ends none."""
    mark = tokens[index].text
    face = _FACE.fullmatch(mark) is not None
    if not face and not _FULL_STOPS.fullmatch(mark):
        return None
    last = _with_closers(tokens, index)
    if last + 1 == len(tokens):
        return last
    return last if _may_begin(tokens, index, last, hesitant=face or len(mark) > 1 and mark[-1] == "." or mark == "…") else None


def _with_closers(tokens: list[Token], index: int) -> int:
    while index + 1 < len(tokens):
        following = tokens[index + 1]
        adjacent = following.start == tokens[index].end
        if adjacent and (following.text in _CLOSING or _FULL_STOPS.fullmatch(following.text)) or _is_feeling(following.text):
            index += 1
        else:
            break
    return index


def _may_begin(tokens: list[Token], index: int, last: int, *, hesitant: bool) -> bool:
    """Judge whether the token after `last` begins a sentence, the mark at `index` having come before it."""
    following, mark = tokens[last + 1], tokens[index].text
    if mark[-1] in _WIDE_STOPS:
        return True
    first = following.text[0]
    apart = following.start > tokens[last].end
    if hesitant:
        return apart and not first.islower() and (first.isalnum() or first in "\"'“‘(¿¡")
    if not apart:
        return first.isupper()
    if first.islower() and (tokens[index - 1].text.isdecimal() or last > index and mark != "."):
        return False
    return first not in ".*,;:" and not _is_marker(tokens, index)


def _is_marker(tokens: list[Token], index: int) -> bool:
    """True for the stop of "3. Tea": a number of up to three digits that is the sentence so far."""
    number = tokens[index - 1].text if index else ""
    if not (number.isdecimal() and len(number) <= 3 and tokens[index].text == "."):
        return False
    return index == 1 or tokens[index - 2].text in _MARKS_BEFORE_ITEM


def _is_feeling(word: str) -> bool:
    """True for emoticons and emoji, which belong to the sentence they come after."""
    return len(word) > 1 and _FACE.fullmatch(word) is not None or skeleton(word)[0] == EMOJI


def _line_starts(text: str, tokens: list[Token]) -> set[int]:
    """Indices of the tokens that come first after a line end that ends a sentence."""
    starts = [token.start for token in tokens]
    return {bisect_left(starts, end) for end in sentence_line_ends(text)}


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
