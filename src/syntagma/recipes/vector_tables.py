"""What a model keeps of a file of word vectors: which words, which n-grams, and the first values of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.encoders.spellings import known_spelling
from syntagma.encoders.subwords import Subwords
from syntagma.encoders.vector_files import VectorFile, open_vectors
from syntagma.errors import DataError
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import WordVectors
from syntagma.recipes.part import Part


class KeptNgrams(Part):
    """How words fall into n-grams, and the buckets that have vectors, in ascending order."""

    shortest: int
    longest: int
    buckets: int
    kept: list[int]


class VectorTable(Part):
    """The shape of a table whose vectors come from a file."""

    width: int
    ngrams: KeptNgrams | None = None


class TableValues(NamedTuple):
    """First values of a table: of its words `[words, width]` and of the n-grams that are kept `[kept, width]`."""

    words: Tensor | None
    ngrams: Tensor | None = None


def choose_words(part: WordVectors, wanted: Sequence[str], folder: Path) -> list[str]:
    """The words that have a row: of the wanted ones those that the file knows, as it spells them, then its first ones.

    A wanted word that the file does not list but has n-grams for has a row too, so that its vector is exact.

    Raises:
        DataError: the file cannot be read, or knows none of the wanted words.
    """
    file = _open(part, folder)
    spelt = (known_spelling(word, file) or (word if file.has_vector(word) else None) for word in wanted)
    found = dict.fromkeys(word for word in spelt if word is not None)
    if not found:
        raise DataError(
            "has a vector for none of the training data's words",
            where=file.path,
            fix="Check that it is of the same language",
        )
    return list(found | dict.fromkeys(file.first_words(part.frequent)))


def table_of(part: WordVectors, words: Sequence[str], folder: Path) -> VectorTable:
    """The shape of the table of these words."""
    file = _open(part, folder)
    if file.subwords is None or part.ngrams == 0:
        return VectorTable(width=file.width)
    subwords = file.subwords
    kept = KeptNgrams(
        shortest=subwords.shortest,
        longest=subwords.longest,
        buckets=subwords.buckets,
        kept=_kept(subwords, words, part.ngrams),
    )
    return VectorTable(width=file.width, ngrams=kept)


def table_values(part: WordVectors, words: Sequence[str], table: VectorTable, folder: Path) -> TableValues:
    """The file's vectors for a table's words and n-grams."""
    file = _open(part, folder)
    ngrams = None if table.ngrams is None else torch.from_numpy(file.bucket_vectors(table.ngrams.kept))
    return TableValues(torch.from_numpy(file.vectors(words)), ngrams)


def _kept(subwords: Subwords, words: Sequence[str], limit: int) -> list[int]:
    """All buckets if there are no more than `limit`, else those that the most words fall into."""
    if subwords.buckets <= limit:
        return list(range(subwords.buckets))
    counts = Counter(bucket for word in words for bucket in set(subwords.of(word)))
    return sorted(sorted(counts, key=lambda bucket: (-counts[bucket], bucket))[:limit])


def _open(part: WordVectors, folder: Path) -> VectorFile:
    path = resolve(part.file, folder)
    try:
        state = path.stat()
    except OSError:
        return open_vectors(path)  # which says what is wrong
    return _opened(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _opened(path: Path, size: int, changed: int) -> VectorFile:
    """One run asks for words, shape and values one after another: the file is looked through once."""
    return open_vectors(path)
