"""A text file of vectors, converted once into a form that can be mapped; kept in the cache folder by its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from syntagma.atomic import replace_folder
from syntagma.encoders.cache_folder import VARIABLE
from syntagma.encoders.vector_files.header import Header
from syntagma.encoders.vector_files.matrices import NUMBER, ContiguousMatrix, map_file
from syntagma.encoders.vector_files.text_vectors import text_rows
from syntagma.encoders.vector_files.vector_file import VectorFile
from syntagma.encoders.vector_files.word_index import WordIndex
from syntagma.errors import DataError, OutputError

FORMAT = 1
_NUMBERS, _SHAPE = "vectors.f32", "shape.json"


def open_text(path: Path, header: Header | None, cache: Path) -> VectorFile:
    """Open the copy of a text file, which is made first if it is not in the folder `cache`.

    The copy's name is the SHA-256 of the file, so a changed file never meets an old copy; a copy that is damaged is
    made again.

    Raises:
        DataError: the file is malformed; nothing is kept of it.
        OutputError: the cache cannot be written.
    """
    with path.open("rb") as stream:
        folder = cache / "word-vectors" / hashlib.file_digest(stream, "sha256").hexdigest()
    found = _open(folder, path)
    if found is None:
        _convert(path, header, folder)
        found = _open(folder, path)
    if found is None:
        raise OutputError("what was written cannot be read back", where=str(folder), fix="Remove the folder")
    return found


def _open(folder: Path, path: Path) -> VectorFile | None:
    """The copy, or None if it is absent or not whole."""
    try:
        shape = json.loads((folder / _SHAPE).read_bytes())
        index = WordIndex.open(folder)
        whole = (folder / _NUMBERS).stat().st_size == NUMBER.itemsize * len(index) * shape["width"]
        if shape["format"] != FORMAT or not whole:
            return None
        matrix = ContiguousMatrix(map_file(folder / _NUMBERS), 0, len(index), shape["width"])
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None
    return VectorFile(str(path), index, matrix, shape["width"])


def _convert(path: Path, header: Header | None, folder: Path) -> None:
    try:
        with replace_folder(folder) as fresh:
            _write(path, header, fresh)
    except OutputError as error:
        if _open(folder, path) is None:  # otherwise another process was quicker
            fix = f"Set {VARIABLE} to a folder with room for a copy of {path.name}"
            raise OutputError(error.found, where=error.where, fix=fix) from error


def _write(path: Path, header: Header | None, folder: Path) -> None:
    """One pass over the file: numbers to the disk, words into the index."""
    width = 0

    with (folder / _NUMBERS).open("wb") as stream:

        def words() -> Iterator[bytes]:
            nonlocal width
            for word, row in text_rows(path, header):
                width = len(row)
                stream.write(row.astype(NUMBER).tobytes())
                yield word

        index = WordIndex.of(words(), where=str(path))
    index.save(folder)
    (folder / _SHAPE).write_text(json.dumps({"format": FORMAT, "width": width}), encoding="utf-8")
