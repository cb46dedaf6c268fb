"""One file of vectors: which texts, how many words each, and their rows, with a checksum for everything.

Layout: 8 bytes of magic, the header's length (uint64), the header (JSON), then 64-byte aligned the texts' keys
`[texts, 16]`, word counts `[texts]` (uint32) and row checksums `[texts]` (CRC-32), then aligned the rows (float16).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from syntagma.errors import ModelError, OutputError

MAGIC = b"SYNTVEC1"
SUFFIX = ".vectors"
KEY_BYTES = 16
ALIGNMENT = 64
MAXIMUM_HEADER = 10_000
Rows = NDArray[np.float16]


class Place(NamedTuple):
    """Where a text's rows are: `rows[first : first + words]`, and their checksum."""

    first: int
    words: int
    check: int


class Shard:
    """A file of vectors, memory-mapped.

    Raises:
        ModelError: it is not one, was cut, or belongs to another encoder.
    """

    def __init__(self, path: Path, *, encoder: str, width: int) -> None:
        self.path = path
        header, start = _header(path)
        if (header["encoder"], header["width"]) != (encoder, width):
            raise _damaged(path, "it is of another encoder")
        self.seconds = float(header["seconds"])
        """How long the encoder took for it."""
        texts, rows = int(header["texts"]), int(header["rows"])
        index = np.memmap(path, np.uint8, "r", start, (_index_bytes(texts),)).tobytes()
        if zlib.crc32(index) != header["index"]:
            raise _damaged(path, "its index is not the one that was written")
        self._index(index, texts, rows, path)
        first = _aligned(start + _index_bytes(texts))
        self.rows: Rows = np.memmap(path, np.float16, "r", first, (rows, width)) if rows else np.empty((0, width), "f2")

    def _index(self, index: bytes, texts: int, rows: int, path: Path) -> None:
        keys = [index[at : at + KEY_BYTES] for at in range(0, texts * KEY_BYTES, KEY_BYTES)]
        words, checks = np.frombuffer(index, np.uint32, offset=texts * KEY_BYTES).reshape(2, texts)
        if int(words.sum(dtype=np.int64)) != rows:
            raise _damaged(path, "its index and its rows do not fit together")
        firsts = np.cumsum(words, dtype=np.int64) - words
        places = map(Place, firsts.tolist(), words.tolist(), checks.tolist())
        self.places: dict[bytes, Place] = dict(zip(keys, places, strict=True))

    def read(self, place: Place) -> Rows:
        """The rows of a text `[words, width]`. Raises ModelError if they are not the ones that were written."""
        rows = self.rows[place.first : place.first + place.words]
        if zlib.crc32(np.ascontiguousarray(rows).tobytes()) != place.check:
            raise _damaged(self.path, "its rows are not the ones that were written")
        return rows


def write_shard(folder: Path, texts: Sequence[tuple[bytes, Rows]], *, encoder: str, seconds: float) -> Path:
    """Write keys and rows as a new file in the folder, which has its name only when everything is on disk.

    Raises:
        OutputError: it cannot be written, for instance because the disk is full.
    """
    counts = np.array([len(rows) for _, rows in texts], np.uint32)
    checks = np.array([zlib.crc32(rows.tobytes()) for _, rows in texts], np.uint32)
    index = b"".join(key for key, _ in texts) + counts.tobytes() + checks.tobytes()
    header = {
        "encoder": encoder,
        "width": texts[0][1].shape[1],
        "texts": len(texts),
        "rows": int(counts.sum()),
        "seconds": seconds,
        "index": zlib.crc32(index),
    }
    head = json.dumps(header).encode()
    head = MAGIC + len(head).to_bytes(8, "little") + head
    target = folder / f"{time.time_ns():x}-{secrets.token_hex(4)}{SUFFIX}"
    with _whole(target) as stream:
        stream.write(head.ljust(_aligned(len(head)), b"\0"))
        stream.write(index.ljust(_aligned(len(index)), b"\0"))
        for _, rows in texts:
            stream.write(rows.tobytes())
    return target


def shard_bytes(texts: int, words: int, width: int) -> int:
    """About how large a file of so many texts and words is."""
    return _aligned(_index_bytes(texts)) + words * width * 2 + 512


@contextlib.contextmanager
def _whole(target: Path) -> Iterator[Any]:
    temporary = target.with_suffix(".part")
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(
            f"the cache could not be written: {error.strerror or error}",
            where=str(target.parent),
            fix="What was written before is kept; free some space, or choose another folder, and start again",
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _header(path: Path) -> tuple[dict[str, Any], int]:
    """The header, and where the index begins. The size must be exactly what the header says."""
    try:
        with path.open("rb") as stream:
            magic, size = stream.read(len(MAGIC)), int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(size) if magic == MAGIC and size < MAXIMUM_HEADER else b"")
        start = _aligned(len(MAGIC) + 8 + size)
        expected = _aligned(start + _index_bytes(header["texts"])) + header["rows"] * header["width"] * 2
        keys = {"encoder", "width", "texts", "rows", "seconds", "index"}
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, "it is not a file of vectors") from error
    except OSError as error:
        raise ModelError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if header.keys() != keys or path.stat().st_size != expected:
        raise _damaged(path, "it is cut or too long")
    return header, start


def _index_bytes(texts: int) -> int:
    return texts * (KEY_BYTES + 8)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _damaged(path: Path, found: str) -> ModelError:
    return ModelError(
        f"damaged file of the cache: {found}", where=str(path), fix="Delete it: it will be computed again"
    )
