"""Which row of a file a word has: words as one run of bytes, found by sorted hashes, small enough for millions."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syntagma.errors import DataError

MISREAD = 0.01
"""A file in which a greater share of the words is not UTF-8 is refused; fewer are rows that no word finds."""
_BYTES, _ENDS, _HASHES, _ROWS = "words.bin", "ends.npy", "hashes.npy", "rows.npy"


class WordIndex:
    """Rows by word. Of a word that comes twice, the first row counts.

    `data` holds the words' UTF-8 one after another, `ends` `[words]` where each ends; `hashes` and `rows` `[words]`
    are their checksums, sorted, and the rows that these belong to.
    """

    def __init__(
        self, data: NDArray[np.uint8], ends: NDArray[np.int64], hashes: NDArray[np.uint32], rows: NDArray[np.uint32]
    ) -> None:
        self._data, self._ends, self._hashes, self._rows = data, ends, hashes, rows

    @classmethod
    def of(cls, words: Iterable[bytes], *, where: str) -> WordIndex:
        """Index the words of the rows 0, 1, ...

        Raises:
            DataError: more than one word in a hundred is not UTF-8.
        """
        data, ends, hashes, misread = bytearray(), [], [], 0
        for word in words:
            data += word
            ends.append(len(data))
            hashes.append(zlib.crc32(word))
            misread += not _is_utf8(word)
        if misread > MISREAD * len(ends):
            raise DataError(
                f"{misread:,} of its {len(ends):,} words are not UTF-8", where=where, fix="Convert the file to UTF-8"
            )
        unsorted = np.array(hashes, dtype=np.uint32)
        rows = np.argsort(unsorted, kind="stable").astype(np.uint32)
        return cls(np.frombuffer(data, np.uint8), np.array(ends, dtype=np.int64), unsorted[rows], rows)

    @classmethod
    def open(cls, folder: Path) -> WordIndex:
        """Map what `save` wrote. Raises OSError or ValueError if it is not there or not whole."""
        ends, hashes, rows = (_mapped(folder / name) for name in (_ENDS, _HASHES, _ROWS))
        last = int(ends[-1]) if len(ends) else 0
        if (folder / _BYTES).stat().st_size != last or not len(ends) == len(hashes) == len(rows):
            raise ValueError("the parts of an index do not fit together")
        data = np.memmap(folder / _BYTES, np.uint8, "r") if last else np.empty(0, np.uint8)
        return cls(data, ends, hashes, rows)

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._data.tofile(folder / _BYTES)
        arrays: dict[str, NDArray[Any]] = {_ENDS: self._ends, _HASHES: self._hashes, _ROWS: self._rows}
        for name, array in arrays.items():
            np.save(folder / name, array, allow_pickle=False)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._ends)

    def __contains__(self, word: object) -> bool:
        """Whether the file has a row for exactly this word."""
        return isinstance(word, str) and self.row(word) is not None

    def row(self, word: str) -> int | None:
        """The first row whose word is this one, or None."""
        wanted = word.encode("utf-8", "surrogatepass")
        # An unsigned integer of the array's own type: any other would make numpy convert the whole array.
        hashed = np.uint32(zlib.crc32(wanted))
        at = int(np.searchsorted(self._hashes, hashed))
        while at < len(self._hashes) and self._hashes[at] == hashed:
            row = int(self._rows[at])
            if self._word(row) == wanted:
                return row
            at += 1
        return None

    def word(self, row: int) -> str | None:
        """The word of a row, or None if it is not UTF-8."""
        word = self._word(row)
        return word.decode("utf-8") if _is_utf8(word) else None

    def _word(self, row: int) -> bytes:
        first = int(self._ends[row - 1]) if row else 0
        return self._data[first : int(self._ends[row])].tobytes()


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mapped(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
