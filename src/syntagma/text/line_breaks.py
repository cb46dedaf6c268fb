"""Which line ends of a text are ends of sentences, too, and which only wrap a long line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_HARD = frozenset("\f\u2029")
_ITEM = re.compile(r"\s*(?:[-–—*•·▪◦>|#@]|\(?\d{1,3}[.)]\s|\(?[A-Za-z][.)]\s|RT\b|https?:)")
NARROWEST, WIDEST = 40, 100
"""Columns between which lines may have been wrapped by a machine."""

_Line = tuple[int, int]


def sentence_line_ends(text: str) -> list[int]:
    """Give the offsets of the line ends that end a sentence, in order.

    A blank line, a form feed and a paragraph separator always do. A single line end does unless it looks wrapped: the
    longest line of its paragraph has 40 to 100 columns, at least half of the paragraph's line ends come where the next
    word would have passed that width, this one is one of them, and the next line begins no list item, quotation,
    handle or link (nor, in a paragraph of two lines, with a capital).
    """
    ends: list[int] = []
    paragraph: list[_Line] = []
    for start, stop, mark in _lines(text):
        blank = not text[start:stop].strip()
        if not blank:
            paragraph.append((start, stop))
        if paragraph and (blank or mark in _HARD):
            ends.extend(_ends_within(text, paragraph))
            ends.append(paragraph[-1][1])
            paragraph = []
    ends.extend(_ends_within(text, paragraph))
    return ends


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    start = 0
    for match in _LINE_END.finditer(text):
        yield start, match.start(), match[0]
        start = match.end()
    yield start, len(text), ""


def _ends_within(text: str, paragraph: list[_Line]) -> list[int]:
    width = max((stop - start for start, stop in paragraph), default=0)
    ends = [stop for _, stop in paragraph[:-1]]
    if not NARROWEST <= width <= WIDEST:
        return ends
    full = {line[1] for line, below in pairwise(paragraph) if _is_full(text, line, below, width)}
    if 2 * len(full) < len(ends):
        return ends
    begins_anew = {line[1] for line, below in pairwise(paragraph) if _begins_anew(text[slice(*below)], paragraph)}
    return [end for end in ends if end not in full or end in begins_anew]


def _is_full(text: str, line: _Line, below: _Line, width: int) -> bool:
    """True if the first word of the line below would have passed the width at the end of this one."""
    first_word = text[slice(*below)].split(None, 1)[0]
    return line[1] - line[0] + 1 + len(first_word) > width


def _begins_anew(line: str, paragraph: list[_Line]) -> bool:
    return _ITEM.match(line) is not None or (len(paragraph) == 2 and line.lstrip()[:1].isupper())
