"""A window that moves over a text too long to be held at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

LINE_END = re.compile(r"\r\n|\r|\n")
PARAGRAPH_END = re.compile(r"(?>\r\n|\r|\n)(?:[^\S\r\n]*+(?>\r\n|\r|\n))+")
BLANK_LINES = re.compile(r"(?:[^\S\r\n]*+(?>\r\n|\r|\n))*")
WHITE = re.compile(r"\s")

LONGEST_WORD = 2_000_000
BLANK_RUN = 1 << 16


class TextWindow:
    """Holds what lies ahead of a position in a text that comes in blocks; sizes and offsets count characters."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._text = ""
        self._at = 0
        self.offset = 0
        """Characters taken so far."""

    def fill(self, size: int) -> int:
        """Hold at least `size` characters ahead; returns `size`, or how many there are if the text ends before."""
        missing = size - (len(self._text) - self._at)
        if missing > 0:
            parts = [self._text[self._at :]]
            for block in self._blocks:
                parts.append(block)
                missing -= len(block)
                if missing <= 0:
                    break
            self._text, self._at = "".join(parts), 0
        return min(size, len(self._text) - self._at)

    def take(self, size: int) -> str:
        """Move on over `size` characters that are held, and return them."""
        taken = self._text[self._at : self._at + size]
        self._at += len(taken)
        self.offset += len(taken)
        return taken

    def find(self, pattern: re.Pattern[str], size: int) -> tuple[int, int] | None:
        """Where the pattern first matches in the next `size` characters, counted from here."""
        match = pattern.search(self._text, self._at, self._at + size)
        return (match.start() - self._at, match.end() - self._at) if match else None

    def division(self, limit: int) -> int:
        """How many characters to take from a text longer than `limit`, so that it parts where it hurts least.

        Up to the end of the last blank line within the limit, else of the last line, else of the last white space;
        else to the end of the word, at most `LONGEST_WORD` characters. Never between `\\r` and `\\n`.
        """
        ahead = self._text[self._at : self._at + limit]
        cut = _last_paragraph_end(ahead) or max(ahead.rfind("\n"), ahead.rfind("\r")) + 1 or _last_white(ahead)
        if not cut:
            size = self.fill(max(LONGEST_WORD, limit))
            cut = (self.find(WHITE, size) or (0, size))[1]
        self.fill(cut + 1)
        return cut + (self._text[self._at + cut - 1 : self._at + cut + 1] == "\r\n")

    def skip_blank_lines(self) -> bool:
        """Move on to the first line that is not blank; returns False if there is none."""
        while size := self.fill(BLANK_RUN):
            match = BLANK_LINES.match(self._text, self._at, self._at + size)
            assert match is not None
            blank = match.end() - self._at
            if not blank and not self._text[self._at : self._at + size].isspace():
                return True
            self.take(blank or size)
        return False


def _last_paragraph_end(text: str) -> int:
    return max((match.end() for match in PARAGRAPH_END.finditer(text)), default=0)


def _last_white(text: str) -> int:
    if text[-1:].isspace():
        return len(text)
    return len(text) - len(text.rsplit(None, 1)[-1])
