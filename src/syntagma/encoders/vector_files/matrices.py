"""Rows of numbers in a mapped file: one after another, or each behind its word."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syntagma.errors import DataError

NUMBER = np.dtype("<f4")


def map_file(path: Path) -> mmap.mmap:
    """A file's bytes, read from the disk where they are looked at.

    Raises:
        DataError: the file is empty or cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise DataError("is empty", where=str(path)) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from None


class ContiguousMatrix:
    """`[count, width]` float32 numbers in one piece that begins at `offset`."""

    def __init__(self, data: mmap.mmap, offset: int, count: int, width: int) -> None:
        self._numbers: NDArray[np.float32] = np.ndarray((count, width), NUMBER, data, offset)

    def rows(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The rows of these numbers, `[numbers, width]`."""
        return self._numbers[np.asarray(numbers, dtype=np.int64)]


class ScatteredMatrix:
    """Rows of `width` float32 numbers, each at an offset of its own."""

    def __init__(self, data: mmap.mmap, offsets: NDArray[np.int64], width: int) -> None:
        self._data, self._offsets, self._width = data, offsets, width

    def rows(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The rows of these numbers, `[numbers, width]`."""
        found = np.empty((len(numbers), self._width), dtype=np.float32)
        for at, number in enumerate(numbers):
            found[at] = np.frombuffer(self._data, NUMBER, self._width, int(self._offsets[number]))
        return found
