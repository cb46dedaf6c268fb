"""The first line of word2vec's and fastText's formats: how many words, how many numbers each."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 64
WIDEST = 100_000
BOM = b"\xef\xbb\xbf"
"""The byte order mark that some editors put before UTF-8."""
_LINE = re.compile(rb"(?:" + BOM + rb")?\s*(\d{1,15}) (\d{1,15})\s*?\n")


class Header(NamedTuple):
    """The counts of the first line, and where the next one begins."""

    words: int
    width: int
    stop: int


def read_header(start: bytes) -> Header | None:
    """The header in a file's first bytes, or None if its first line is none (as in GloVe's files)."""
    line = _LINE.match(start[:LONGEST])
    return Header(int(line[1]), int(line[2]), line.end()) if line else None
