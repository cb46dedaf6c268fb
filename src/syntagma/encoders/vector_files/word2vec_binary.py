"""The binary format of word2vec: a line with two counts, then for each word its name, a blank and its numbers."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from syntagma.encoders.vector_files.header import Header
from syntagma.encoders.vector_files.matrices import ScatteredMatrix, map_file
from syntagma.encoders.vector_files.vector_file import VectorFile
from syntagma.encoders.vector_files.word_index import WordIndex
from syntagma.errors import DataError

LONGEST_WORD = 10_000
"""Bytes; where a name would be longer, the file is not what it should be."""


def open_word2vec(path: Path, header: Header) -> VectorFile:
    """Find the words of a binary file whose first line is known; its numbers stay where they are.

    Raises:
        DataError: the file is shorter or longer than its header says, or its words are not UTF-8.
    """
    data = map_file(path)
    # Each row is at least one letter, a blank and the numbers: what a wrong header asks for is never allocated.
    if header.stop + header.words * (2 + 4 * header.width) > len(data):
        raise _cut_off(path, header, None)
    words, offsets = _scan(data, path, header)
    where = str(path)
    matrix = ScatteredMatrix(data, np.array(offsets, dtype=np.int64), header.width)
    return VectorFile(where, WordIndex.of(words, where=where), matrix, header.width)


def _scan(data: mmap.mmap, path: Path, header: Header) -> tuple[list[bytes], list[int]]:
    """The name of every word and where its numbers begin."""
    words, offsets, place = [], [], header.stop
    for row in range(header.words):
        blank = data.find(b" ", place, place + LONGEST_WORD)
        if blank < 0 or blank + 1 + 4 * header.width > len(data):
            raise _cut_off(path, header, row)
        # Most programs write a line end behind the numbers, which is then in front of the next word.
        words.append(data[place:blank].lstrip(b"\n"))
        offsets.append(blank + 1)
        place = blank + 1 + 4 * header.width
    if data[place : place + 2] not in (b"", b"\n"):
        raise DataError(
            f"goes on behind the {header.words:,} words that its first line announces",
            where=str(path),
            fix="Get the file again",
        )
    return words, offsets


def _cut_off(path: Path, header: Header, row: int | None) -> DataError:
    place = "" if row is None else f" (it ends in word {row + 1:,})"
    return DataError(
        f"is too short for the {header.words:,} words of {header.width:,} numbers that its first line announces{place}",
        where=str(path),
        fix="Get the file again: it is cut off, or no file of word vectors",
    )
