"""Plain text: its exact characters, whole or in pieces, in bounded memory however long the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from syntagma.errors import DataError
from syntagma.text.document import Document
from syntagma.text.formats.reading import Source, read_blocks, source_name
from syntagma.text.formats.text_window import LINE_END, PARAGRAPH_END, TextWindow

By: TypeAlias = Literal["file", "paragraph", "line"]


def read_plain(source: Source, *, by: By = "file", limit: int = 100_000) -> Iterator[Document]:
    """Read documents of text alone, not segmented yet, with its line ends as they are; `source` and `offset` are set.

    Args:
        by: "file": all of it; "paragraph": what blank lines part, without them; "line": each line without its end,
            empty ones too, so that the documents are as many as the lines. `\\n`, `\\r\\n` and `\\r` end a line.
        limit: a longer text, in characters, is divided: after the last blank line in the limit, else after the last
            line end, else after the last white space. One word longer than all of it stays whole up to 2,000,000
            characters. The pieces of a file put together are the file.

    Raises:
        DataError: the file is missing, binary, or not UTF-8; names the byte.
    """
    if limit < 1:
        raise DataError(f"the limit is {limit} characters", fix="Give at least 1")
    readers = {"file": _whole, "paragraph": _paragraphs, "line": _lines}
    if by not in readers:
        raise DataError(f"text cannot be read by {by!r}", fix=f"Read it by one of: {', '.join(readers)}")
    name = source_name(source)
    window = TextWindow(read_blocks(source))
    for offset, text in readers[by](window, limit):
        yield Document(text, source=name, offset=offset)


def _whole(window: TextWindow, limit: int) -> Iterator[tuple[int, str]]:
    while window.fill(limit + 1) > limit:
        yield window.offset, window.take(window.division(limit))
    if not window.offset or window.fill(1):
        yield window.offset, window.take(window.fill(limit))


def _lines(window: TextWindow, limit: int) -> Iterator[tuple[int, str]]:
    while size := window.fill(limit + 2):
        found = window.find(LINE_END, size)
        if found and found[0] <= limit:
            yield window.offset, window.take(found[0])
            window.take(found[1] - found[0])
        else:
            yield window.offset, window.take(size if size <= limit else window.division(limit))


def _paragraphs(window: TextWindow, limit: int) -> Iterator[tuple[int, str]]:
    while window.skip_blank_lines():
        size = window.fill(limit + 2)
        found = window.find(PARAGRAPH_END, size)
        if found and found[0] <= limit:
            yield window.offset, window.take(found[0])
        elif size <= limit:
            yield window.offset, window.take(size).rstrip()
        else:
            yield window.offset, window.take(window.division(limit))
