"""Small files of word vectors in every format, written as their programs write them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

WORDS = ["the", "Paris", "naïve", "日本", "0000"]


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    return np.random.default_rng(7).normal(size=(len(WORDS), 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def text_of(words: Sequence[str], vectors: NDArray[np.float32], *, header: bool, end: str = "\n") -> str:
    """word2vec's and fastText's text with a header, GloVe's without; as the former, with a blank before the end."""
    lines = [f"{len(words)} {vectors.shape[1]}"] if header else []
    lines += [
        f"{word} {' '.join(repr(float(x)) for x in row)}{' ' if header else ''}"
        for word, row in zip(words, vectors, strict=True)
    ]
    return "".join(line + end for line in lines)


def word2vec_of(words: Sequence[bytes], vectors: NDArray[np.float32], *, newlines: bool) -> bytes:
    rows = [word + b" " + row.tobytes() + b"\n" * newlines for word, row in zip(words, vectors, strict=True)]
    return f"{len(words)} {vectors.shape[1]}\n".encode() + b"".join(rows)


def fasttext_of(
    words: Sequence[str],
    matrix: NDArray[np.float32],
    *,
    lengths: tuple[int, int] = (3, 6),
    version: int = 12,
    model: int = 2,
    labels: Sequence[str] = (),
    quantised: bool = False,
    pruned: int = -1,
    magic: int = 793712314,
) -> bytes:
    """`matrix` has a row for each word, then for each bucket. The fields are those of fastText 0.9.2."""
    buckets, width = len(matrix) - len(words), matrix.shape[1]
    data = struct.pack("<2i", magic, version)
    data += struct.pack("<12i d", width, 5, 5, 1, 5, 1, 1, model, buckets, *lengths, 100, 1e-4)
    data += struct.pack("<3i 2q", len(words) + len(labels), len(words), len(labels), 1000, pruned)
    for kind, entries in enumerate((words, labels)):
        for entry in entries:
            data += entry.encode() + b"\0" + struct.pack("<q b", 17, kind)
    return data + struct.pack("<? 2q", quantised, *matrix.shape) + matrix.tobytes() + b"output matrix"
