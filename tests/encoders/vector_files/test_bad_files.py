"""Files that are damaged, lie about themselves or are something else: one clear error, nothing half-written."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from syntagma.encoders.vector_files import open_vectors
from syntagma.errors import DataError, OutputError

from .conftest import WORDS, fasttext_of, text_of, word2vec_of

MATRIX = np.random.default_rng(3).normal(size=(len(WORDS), 4)).astype(np.float32)
NAMES = [word.encode() for word in WORDS]
TEXT = text_of(WORDS, MATRIX, header=True).encode()
BINARY = word2vec_of(NAMES, MATRIX, newlines=True)
FASTTEXT = fasttext_of(WORDS, MATRIX)
HUGE = b"999999999999 300\n"
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "has 0 words"),
    "header only": (b"3 4\n", "has 0 words, and its first line announces 3"),
    "cut off between lines": (TEXT[: TEXT.rindex(b"0000")], "has 4 words, and its first line announces 5"),
    "cut off inside a line": (TEXT[:-30], r"vectors:6: has \d numbers where 4 should be"),
    "more lines": (TEXT + b"cat 1 2 3 4\n", "has 6 words, and its first line announces 5"),
    "huge count": (HUGE + b"cat 1 2", r"vectors:2: has 2 numbers where 300 should be"),
    "too wide": (TEXT.replace(b"Paris", b"Paris 7"), "vectors:3: has 5 numbers where 4 should be"),
    "wider than glove's first line": (b"a 1 2\nb 1 2 3\n", "vectors:2: has 3 numbers where 2 should be"),
    "narrower than glove's first line": (b"a 1 2\nb 1\n", "vectors:2: has 1 numbers where 2 should be"),
    "no numbers": (b"word\nother\n", "vectors:1: has 0 numbers where 1 should be"),
    "width 0": (b"2 0\na\nb\n", "vectors:2: has 0 numbers where 1 should be"),
    "not a number": (b"a 1 2\nb 1 x\n", "vectors:2: 'x' stands where a number should be"),
    "nan": (b"a 1 2\nb nan 2\n", "vectors:2: holds a number that is not finite"),
    "infinite": (b"a 1 2\nb 1 1e99\n", "vectors:2: holds a number that is not finite"),
    "prose": (b"Once upon a time\nthere was a cat\n", "'upon' stands where a number should be"),
    "latin-1": (TEXT.decode().replace("日本", "x").encode("latin-1"), "1 of its 5 words are not UTF-8"),
    "utf-16": (TEXT.decode().encode("utf-16"), "is no file of word vectors"),
    "binary, cut off": (BINARY[:-9], "is too short for the 5 words of 4 numbers that its first line announces"),
    "binary, cut off late": (BINARY[:-2], r"it ends in word 5\)"),
    "binary, goes on": (BINARY + b"more", "goes on behind the 5 words"),
    "binary, huge count": (HUGE + BINARY, "is too short for the 999,999,999,999 words of 300 numbers"),
    "binary, huge width": (b"2 999999999999\n" + BINARY, "is too short for the 2 words of 999,999,999,999 numbers"),
    "binary, other words": (word2vec_of([b"\xff\xfe"] * 5, MATRIX, newlines=True), "5 of its 5 words are not UTF-8"),
    "fasttext, only its mark": (FASTTEXT[:4], "is cut off, or no fastText model"),
    "fasttext, cut off in the settings": (FASTTEXT[:40], "is cut off, or no fastText model"),
    "fasttext, cut off in the words": (FASTTEXT[:110], "is cut off, or no fastText model"),
    "fasttext, cut off in the matrix": (FASTTEXT[:-40], "is cut off, or no fastText model"),
    "fasttext, version": (fasttext_of(WORDS, MATRIX, version=13), "is of fastText's format 13, and the known ones are"),
    "fasttext, quantised": (fasttext_of(WORDS, MATRIX, quantised=True), "is quantised"),
    "fasttext, pruned": (fasttext_of(WORDS, MATRIX, pruned=3), "is pruned"),
    "fasttext, huge dictionary": (
        FASTTEXT[:64] + struct.pack("<3i", 2**31 - 1, 2**31 - 1, 0) + FASTTEXT[76:],
        "is cut off, or no fastText model",
    ),
    "fasttext, another width": (FASTTEXT[:8] + struct.pack("<i", 5) + FASTTEXT[12:], "contradicts itself: 5 words"),
    "gzip": (b"\x1f\x8b\x08\x00" + TEXT, "is packed with gzip. Unpack it first"),
    "something else": (bytes(range(256)), "is no file of word vectors"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_one_clear_error(name: str, tmp_path: Path, cache: Path) -> None:
    content, message = BAD[name]
    (tmp_path / "vectors").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        open_vectors(tmp_path / "vectors")
    assert str(tmp_path / "vectors") in str(caught.value)
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [BINARY, FASTTEXT], ids=["word2vec", "fasttext"])
def test_any_cut_is_an_error_and_nothing_else(content: bytes, tmp_path: Path) -> None:
    matrix = content.rindex(MATRIX[-1].tobytes()) + MATRIX[-1].nbytes
    for stop in range(16, matrix):
        (tmp_path / "vectors").write_bytes(content[:stop])
        with pytest.raises(DataError):
            open_vectors(tmp_path / "vectors")


def test_a_number_that_is_not_finite_in_a_binary_file_is_told_when_it_is_read(tmp_path: Path) -> None:
    matrix = MATRIX.copy()
    matrix[1, 2] = np.nan
    for content in (word2vec_of(NAMES, matrix, newlines=True), fasttext_of(WORDS[:1], matrix)):
        (tmp_path / "vectors").write_bytes(content)
        file = open_vectors(tmp_path / "vectors")
        with pytest.raises(DataError, match="holds a number that is not finite"):
            file.vectors(["Paris"]) if file.subwords is None else file.bucket_vectors([0])


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            open_vectors(path)


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "vectors").write_bytes(TEXT)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Set SYNTAGMA_CACHE to a folder with room for a copy of vectors"):
        open_vectors(tmp_path / "vectors", tmp_path / "file" / "cache")


def test_the_copy_is_used_until_the_file_changes_and_mended_when_it_is_damaged(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(TEXT)
    open_vectors(path)
    (folder,) = (cache / "word-vectors").iterdir()
    made = (folder / "vectors.f32").stat().st_mtime_ns
    np.testing.assert_array_equal(open_vectors(path).vectors(WORDS), MATRIX)
    assert (folder / "vectors.f32").stat().st_mtime_ns == made
    for name in ("vectors.f32", "words.bin", "ends.npy", "shape.json"):
        os.truncate(folder / name, 7)
        np.testing.assert_array_equal(open_vectors(path).vectors(WORDS), MATRIX)
    path.write_bytes(text_of(WORDS, MATRIX * 2, header=True).encode())
    np.testing.assert_array_equal(open_vectors(path).vectors(WORDS), MATRIX * 2)
    assert len(list((cache / "word-vectors").iterdir())) == 2
