"""The text formats: a line for each word, its numbers behind it; GloVe's without, the others with a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from syntagma.encoders.vector_files.header import BOM, WIDEST, Header
from syntagma.errors import DataError

LONGEST_LINE = 32 * WIDEST
_FIX = "Get the file again: it is cut off or changed"


def text_rows(path: Path, header: Header | None) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    """Every word and its vector, `[width]`, in the order of the file.

    Without a header (GloVe) the first line says how many numbers there are, and a word may hold blanks.

    Raises:
        DataError: a line with another number of numbers, one that is none or not finite, or more or fewer lines than
            the header announces; the message names the line.
    """
    with path.open("rb") as stream:
        begin = len(BOM) if stream.read(len(BOM)) == BOM else 0
        stream.seek(header.stop if header else begin)
        width, count = (header.width if header else None), 0
        for number, line in enumerate(_lines(stream, path), start=2 if header else 1):
            fields = line.split(b" ")
            width = len(fields) - 1 if width is None else width
            row = _numbers(fields, width, f"{path}:{number}", one_word=header is not None)
            yield b" ".join(fields[:-width]), row
            count += 1
    announced = header.words if header else None
    if count == 0 or (announced is not None and count != announced):
        said = "" if announced is None else f", and its first line announces {announced:,}"
        raise DataError(f"has {count:,} words{said}", where=str(path), fix=_FIX)


def _lines(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise DataError(
                f"has a line of more than {LONGEST_LINE:,} bytes: it is no file of vectors", where=str(path)
            )
        # Only these: other white space may be part of a word.
        stripped = line.rstrip(b" \r\n")
        if stripped:
            yield stripped


def _numbers(fields: list[bytes], width: int, where: str, *, one_word: bool) -> NDArray[np.float32]:
    """The last `width` fields as numbers; in front of them stands the word, of `one_word` or several."""
    own = len(fields) - width
    if width < 1 or own < 1 or (own > 1 and (one_word or all(map(_is_number, fields[1:own])))):
        raise DataError(f"has {len(fields) - 1} numbers where {max(width, 1)} should be", where=where, fix=_FIX)
    try:
        with np.errstate(over="ignore"):
            row = np.array([float(field) for field in fields[own:]], dtype=np.float64).astype(np.float32)
    except ValueError:
        wrong = next(field for field in fields[own:] if not _is_number(field))[:40].decode("utf-8", "replace")
        raise DataError(f"{wrong!r} stands where a number should be", where=where, fix=_FIX) from None
    if not np.isfinite(row).all():
        raise DataError("holds a number that is not finite", where=where, fix=_FIX)
    return row


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
