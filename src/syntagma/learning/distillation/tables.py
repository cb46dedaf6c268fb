"""Numbers of a sentence as cells of two bytes: tables of probabilities without zeros, small integers, floats."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from syntagma.errors import ModelError

Cells = NDArray[np.uint16]
LEAST = 1e-6
"""A probability below it is not kept. Half precision keeps the others to 1 part in 2,000."""
NARROW = 1 << 16
"""Places below it take one cell, others two."""


def pack_sparse(numbers: Tensor, sizes: Sequence[Sequence[int]]) -> list[Cells]:
    """The probabilities `[batch, ...]` of each row up to its own sizes, as cells: sizes, count, places, values."""
    own = np.array(sizes, np.int64).reshape(len(sizes), -1)
    *places, values = _kept(numbers)
    rows, places = places[0], places[1:]
    flat = np.zeros_like(rows)
    inside = np.ones(len(rows), np.bool_)
    for axis, at in enumerate(places):
        inside &= at < own[rows, axis]
        flat = flat * own[rows, axis] + at
    rows, flat, values = rows[inside], flat[inside], values[inside]
    ends = np.searchsorted(rows, np.arange(len(own) + 1))
    return [_sparse(own[row], flat[first:last], values[first:last]) for row, (first, last) in enumerate(pairwise(ends))]


def _kept(numbers: Tensor) -> list[NDArray[np.int64]]:
    """Coordinates and values (float16) of all that is not too small."""
    kept = numbers >= LEAST
    coordinates = kept.nonzero().cpu().numpy()
    return [*coordinates.T, numbers[kept].half().cpu().numpy()]


def _sparse(sizes: NDArray[np.int64], flat: NDArray[np.int64], values: NDArray[np.int64]) -> Cells:
    places = flat.astype("<u2" if sizes.prod() <= NARROW else "<u4").view("<u2")
    head = np.array([len(sizes), *sizes, len(values) & 0xFFFF, len(values) >> 16], np.uint16)
    return np.concatenate([head, places, values.view(np.uint16)])


class SparseReader:
    """Reads packed tables of a batch, one after another, each as one padded tensor."""

    def __init__(self, rows: Sequence[Cells]) -> None:
        self.rows = rows
        self.at = [0] * len(rows)

    def probabilities(self) -> Tensor:
        """The next table of every row, as `[batch, ...]` float32: 0 where nothing was kept and where padded."""
        read = [self._next(row) for row in range(len(self.rows))]
        dense = np.zeros((len(read), *np.array([sizes for sizes, _, _ in read], np.int64).max(0)), np.float32)
        for row, (sizes, places, values) in enumerate(read):
            own = np.zeros(int(sizes.prod()), np.float32)
            own[places] = torch.tensor(values).float().numpy()  # six times as fast as numpy from half precision
            place: tuple[int | slice, ...] = (row, *(slice(size) for size in sizes))
            dense[place] = own.reshape(sizes)
        return torch.from_numpy(dense)

    def integers(self) -> Tensor:
        """The next table of integers of every row, `[batch, ...]` int64, 0 where padded."""
        return self._padded(np.int16, 1, 0).long()

    def floats(self) -> Tensor:
        """The next table of floats of every row, `[batch, ...]` float32, -inf where padded."""
        return self._padded(np.float32, 2, -np.inf)

    def _next(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
        sizes, at = self._sizes(row)
        cells = self.rows[row]
        count = int(cells[at]) | int(cells[at + 1]) << 16
        wide = int(sizes.prod()) > NARROW
        middle = at + 2 + count * (1 + wide)
        self.at[row] = middle + count
        if self.at[row] > len(cells):
            raise ModelError("a stored target is shorter than it says")
        places, values = cells[at + 2 : middle], cells[middle : middle + count].view(np.float16)
        return sizes, (places.view(np.uint32) if wide else places).astype(np.int64), values

    def _padded(self, kind: type[np.generic], width: int, padding: float) -> Tensor:
        tables = []
        for row, cells in enumerate(self.rows):
            sizes, at = self._sizes(row)
            self.at[row] = at + int(sizes.prod()) * width
            tables.append(cells[at : self.at[row]].view(kind).reshape(sizes))
        whole = np.array([table.shape for table in tables]).max(0)
        padded = np.full((len(tables), *whole), padding, kind)
        for row, table in enumerate(tables):
            place: tuple[int | slice, ...] = (row, *(slice(size) for size in table.shape))
            padded[place] = table
        return torch.from_numpy(padded)

    def _sizes(self, row: int) -> tuple[NDArray[np.int64], int]:
        cells, at = self.rows[row], self.at[row]
        after = at + 1 + int(cells[at])
        return cells[at + 1 : after].astype(np.int64), after


def pack_dense(numbers: NDArray[np.int16] | NDArray[np.float32]) -> Cells:
    """A table of small integers or of floats as cells: sizes, values."""
    head = np.array([numbers.ndim, *numbers.shape], np.uint16)
    return np.concatenate([head, np.ascontiguousarray(numbers).reshape(-1).view(np.uint16)])
