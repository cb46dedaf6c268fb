"""The binary format of fastText: settings, the words with their counts, and a matrix of words and n-gram buckets."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from syntagma.encoders.subwords import Subwords
from syntagma.encoders.vector_files.matrices import ContiguousMatrix, map_file
from syntagma.encoders.vector_files.vector_file import VectorFile
from syntagma.encoders.vector_files.word_index import WordIndex
from syntagma.errors import DataError

MAGIC = struct.pack("<i", 793712314)
VERSIONS = (11, 12)
_HEAD = struct.Struct("<4x i 12i d")
_DICTIONARY = struct.Struct("<3i 2q")
_ENTRY = struct.Struct("<q b")
_SHAPE = struct.Struct("<? 2q")
LONGEST_WORD = 10_000
_SUPERVISED = 3


class _Settings(NamedTuple):
    version: int
    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    lr_update_rate: int
    t: float


def open_fasttext(path: Path) -> VectorFile:
    """Find the words of a `.bin` file; the matrix stays where it is.

    Raises:
        DataError: the file is cut off, quantised, of an unknown version, or contradicts itself.
    """
    data = map_file(path)
    try:
        settings = _Settings(*_HEAD.unpack_from(data))
        _check_version(settings, path)
        place, words = _dictionary(data, _HEAD.size, path)
        quantised, count, width = _SHAPE.unpack_from(data, place)
    except struct.error:
        raise _cut_off(path) from None
    if quantised:
        raise DataError(
            "is quantised, and its vectors are only approximations", where=str(path), fix="Use the .bin or .vec file"
        )
    subwords = _subwords(settings)
    if width != settings.dim or count != len(words) + settings.bucket or width < 1:
        raise DataError(
            f"contradicts itself: {len(words):,} words, {settings.bucket:,} buckets of {settings.dim} numbers, "
            f"and a matrix of {count:,} rows of {width}",
            where=str(path),
            fix="Get the file again",
        )
    if place + _SHAPE.size + 4 * count * width > len(data):
        raise _cut_off(path)
    matrix = ContiguousMatrix(data, place + _SHAPE.size, count, width)
    return VectorFile(str(path), WordIndex.of(words, where=str(path)), matrix, width, subwords)


def _subwords(settings: _Settings) -> Subwords | None:
    # fastText 0.1 wrote classifiers whose n-gram lengths stand in the file but were not used.
    unused = settings.version == 11 and settings.model == _SUPERVISED
    if unused or settings.maxn < 1 or settings.bucket < 1:
        return None
    return Subwords(settings.minn, settings.maxn, settings.bucket)


def _dictionary(data: mmap.mmap, place: int, path: Path) -> tuple[int, list[bytes]]:
    """Where the dictionary ends, and its words in the order of their rows."""
    size, count, _labels, _tokens, pruned = _DICTIONARY.unpack_from(data, place)
    place += _DICTIONARY.size
    if not 0 <= count <= size or size * (1 + _ENTRY.size) > len(data):
        raise _cut_off(path)
    if pruned > 0:
        raise DataError("is pruned, and lacks n-grams", where=str(path), fix="Use the .bin or .vec file it came from")
    words = []
    for row in range(size):
        end = data.find(b"\0", place, place + LONGEST_WORD)
        if end < 0:
            raise _cut_off(path)
        if row < count:  # labels of a classifier come behind the words
            words.append(data[place:end])
        place = end + 1 + _ENTRY.size
    return place, words


def _check_version(settings: _Settings, path: Path) -> None:
    if settings.version not in VERSIONS:
        known = " and ".join(map(str, VERSIONS))
        raise DataError(
            f"is of fastText's format {settings.version}, and the known ones are {known}",
            where=str(path),
            fix="Write it again with fastText 0.9",
        )


def _cut_off(path: Path) -> DataError:
    return DataError("is cut off, or no fastText model", where=str(path), fix="Get the file again")
