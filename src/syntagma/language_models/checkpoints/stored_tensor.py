"""A tensor in a file: where its bytes lie, what they mean, and how they are read straight into place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from syntagma.errors import ModelError

CHUNK = 128 * 1024
"""Bytes read at once where they have to be converted: they stay in the cache, and no tensor is ever in memory twice."""


@dataclass(frozen=True)
class Encoding:
    """How numbers are stored."""

    name: str
    dtype: torch.dtype | None
    """Of numbers that are stored as torch holds them."""
    decode: Callable[[Tensor], Tensor]
    """From bytes `[n]` to numbers, in any shape."""


def plain(name: str, dtype: torch.dtype) -> Encoding:
    """Numbers stored as torch holds them."""
    return Encoding(name, dtype, lambda data: data.view(dtype))


@dataclass(frozen=True)
class StoredTensor:
    """A tensor that is still on disk. It is read with plain reads: mapped pages would count as the process's memory."""

    shape: tuple[int, ...]
    encoding: Encoding
    path: Path
    start: int
    """Where in the file it begins, in bytes."""
    nbytes: int

    def read_into(self, parts: tuple[Tensor, ...]) -> None:
        """Fill the parts of a parameter (see `Placement`), in their dtype.

        Raises:
            ModelError: the file has become shorter since it was opened.
        """
        with self.path.open("rb", buffering=0) as stream:
            stream.seek(self.start)
            if len(parts) == 1 and parts[0].dtype == self.encoding.dtype and parts[0].is_contiguous():
                self._read(stream, parts[0].view(-1).view(torch.uint8))
            else:
                self._read_converted(stream, parts)

    def _read_converted(self, stream: BinaryIO, parts: tuple[Tensor, ...]) -> None:
        if parts[0].dim() == 1:
            parts = tuple(part[None] for part in parts)
        count = len(parts[0])
        each = self.nbytes // count
        step = max(1, CHUNK // each)
        scratch = torch.empty(min(step, count) * each, dtype=torch.uint8)
        for begin in range(0, count, step):
            rows = slice(begin, min(begin + step, count))
            data = scratch[: (rows.stop - begin) * each]
            self._read(stream, data)
            _spread(self.encoding.decode(data), tuple(part[rows] for part in parts))

    def _read(self, stream: BinaryIO, target: Tensor) -> None:
        left = memoryview(target.numpy().data)
        while left:  # one read gives two gigabytes at most
            count = stream.readinto(left)  # type: ignore[attr-defined]  # an unbuffered stream has it
            if not count:
                raise ModelError("the file ends early", where=str(self.path), fix="Get the model again")
            left = left[count:]


def _spread(numbers: Tensor, parts: tuple[Tensor, ...]) -> None:
    """Copy numbers into parts that are side by side along their second dimension."""
    if len(parts) == 1:
        parts[0].copy_(numbers.view(parts[0].shape))
        return
    widths = [part.shape[1] for part in parts]
    whole = numbers.view(len(parts[0]), sum(widths), *parts[0].shape[2:])
    for part, piece in zip(parts, torch.split(whole, widths, 1), strict=True):
        part.copy_(piece)
