"""The rows of a CoNLL file: which lines are words, comments, document marks or breaks, and their columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from syntagma.errors import DataError
from syntagma.text.formats.reading import Source, read_lines, source_name

DOCUMENT_MARK = "-DOCSTART-"
COMMENT = re.compile(r"# (?:(?P<key>[^\s=]+(?: id)?) *=(?P<value>.*)|(?P<mark>newdoc|newpar)\s*$)")
BLANKS = re.compile(r"[ \t]+")


class ConllBlock(NamedTuple):
    """A sentence's rows, the number of its first line, what its comments say, and whether `-DOCSTART-` came before."""

    rows: list[list[str]]
    line: int
    comments: dict[str, str]
    opens: bool


class _Layout(NamedTuple):
    """How a line divides: by `separator` (None: by runs of blanks) into `width` columns."""

    separator: str | None
    width: int

    def divide(self, line: str) -> list[str]:
        if self.separator is not None:
            return line.split(self.separator)
        return BLANKS.split(line.strip(" \t"))

    def row(self, line: str, where: str) -> list[str]:
        fields = self.divide(line)
        if len(fields) == self.width:
            return fields
        between = {None: "blanks", "\t": "tabs"}.get(self.separator, repr(self.separator))
        shown = line if len(line) <= 60 else line[:60] + "…"
        raise DataError(
            f"{len(fields)} columns, separated by {between}, where {self.width} were expected: {shown!r}",
            where=where,
            fix="Correct the line, or name the file's columns and its separator",
        )

    def is_comment(self, line: str) -> bool:
        return line.startswith("#") and (COMMENT.match(line) is not None or len(self.divide(line)) != self.width)


def read_rows(source: Source, *, width: int | None = None, separator: str | None = None) -> Iterator[ConllBlock]:
    """Read sentences as blocks of rows that all have the same number of columns.

    An empty or white line ends a sentence, and so does `-DOCSTART-`, which also opens a document, as `# newdoc` does.
    `separator` None means tabs if the first row has one, else runs of blanks. `width` None takes that of the first
    row. Before a sentence's first row, a line that begins with `#` is a comment if it reads `# key = value`,
    `# newdoc` or `# newpar`, or does not have the right number of columns; everywhere else `#` is a word.

    Raises:
        DataError: a row with another number of columns; names file and line.
    """
    name = source_name(source)
    layout, lines = _look_ahead((line.rstrip("\r\n") for line in read_lines(source)), width, separator)
    rows: list[list[str]] = []
    comments: dict[str, str] = {}
    opens, first = False, 0
    for number, line in enumerate(lines, start=1):
        mark = line.startswith(DOCUMENT_MARK)
        if mark or not line.strip():
            if rows:
                yield ConllBlock(rows, first, comments, opens)
                rows, comments, opens = [], {}, False
            opens = opens or mark
        elif not rows and layout.is_comment(line):
            _note(line, comments)
        else:
            first = first if rows else number
            rows.append(layout.row(line, f"{name}:{number}"))
    if rows:
        yield ConllBlock(rows, first, comments, opens)


def _look_ahead(lines: Iterator[str], width: int | None, separator: str | None) -> tuple[_Layout, Iterator[str]]:
    """Judge the layout by the first line that is surely a row; comments and marks before it are put back."""
    seen: list[str] = []
    sample = ""
    for line in lines:
        seen.append(line)
        if line.strip() and not line.startswith(("#", DOCUMENT_MARK)):
            sample = line
            break
    sample = sample or next((line for line in seen if line.startswith("#") and not COMMENT.match(line)), "")
    separator = separator or ("\t" if "\t" in sample else None)
    layout = _Layout(separator, 0)
    return layout._replace(width=width or len(layout.divide(sample))), chain(seen, lines)


def _note(line: str, comments: dict[str, str]) -> None:
    match = COMMENT.match(line)
    if match:
        comments[match["mark"] or match["key"]] = match["value"] or ""
