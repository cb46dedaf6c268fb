"""Opening a file of word vectors, whichever of the known formats it has."""

from __future__ import annotations

import re
from pathlib import Path

from syntagma.encoders.cache_folder import cache_folder
from syntagma.encoders.vector_files.fasttext_binary import MAGIC, open_fasttext
from syntagma.encoders.vector_files.header import read_header
from syntagma.encoders.vector_files.mapped_copy import open_text
from syntagma.encoders.vector_files.vector_file import VectorFile
from syntagma.encoders.vector_files.word2vec_binary import open_word2vec
from syntagma.errors import DataError

_PACKED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZ": "bzip2", b"\xfd7": "xz"}
_LOOKED_AT = 65536
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def open_vectors(path: Path, cache: Path | None = None) -> VectorFile:
    """Open a file of word vectors: word2vec's or fastText's, text or binary, or GloVe's text.

    The format is told from the content. Binary files are mapped where they are; a text file is converted once into the
    folder `cache` (by default `cache_folder()`), which takes about 4 bytes for each number.

    Raises:
        DataError: the file is absent, malformed or cut off; the message says where.
        OutputError: the cache cannot be written.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(_LOOKED_AT)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from None
    packed = _PACKED.get(start[:2])
    if packed:
        raise DataError(f"is packed with {packed}", where=str(path), fix="Unpack it first")
    if start.startswith(MAGIC):
        return open_fasttext(path)
    header = read_header(start)
    # Numbers in binary form are full of bytes that no text has.
    if not _BINARY.search(start):
        return open_text(path, header, cache or cache_folder())
    if header is None:
        raise DataError(
            "is no file of word vectors",
            where=str(path),
            fix="Known are word2vec and fastText, text and binary, and GloVe",
        )
    return open_word2vec(path, header)
