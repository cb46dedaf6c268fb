"""A file of word vectors that is open: the vector of any word it knows, read from the disk when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syntagma.encoders.subwords import Subwords
from syntagma.encoders.vector_files.word_index import WordIndex
from syntagma.errors import DataError

END_OF_SENTENCE = "</s>"
"""The word that ends a line in fastText's training; it is not spelt."""


class Matrix(Protocol):
    """Rows of float32 on the disk."""

    def rows(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The rows of these numbers, `[numbers, width]`."""
        ...


@dataclass(frozen=True, slots=True)
class VectorFile:
    """Vectors of words, and of the n-grams of words where the format has them.

    With n-grams (fastText's binary format) a word that has a row is the mean of that row and those of its n-grams,
    and any other word is the mean of its n-grams.
    """

    path: str
    """For messages."""
    words: WordIndex
    matrix: Matrix
    """A row for each word, then one for each bucket of n-grams."""
    width: int
    subwords: Subwords | None = None

    def __contains__(self, word: object) -> bool:
        """Whether the file lists this very word."""
        return word in self.words

    def has_vector(self, word: str) -> bool:
        """Whether the word is listed or falls into n-grams."""
        return word in self.words or bool(self.subwords and self.subwords.of(word))

    def vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of words, `[words, width]`; zero for one that `has_vector` denies.

        Raises:
            DataError: a vector holds a number that is not finite.
        """
        found = np.zeros((len(words), self.width), dtype=np.float32)
        for at, word in enumerate(words):
            numbers = self._numbers(word)
            if numbers:
                # fastText adds float32 numbers; a mean in float64 differs from its in the last digit only.
                found[at] = self.matrix.rows(numbers).astype(np.float64).mean(0)
        self._check(found, words)
        return found

    def bucket_vectors(self, buckets: Sequence[int]) -> NDArray[np.float32]:
        """The vectors of n-gram buckets, `[buckets, width]`. Raises DataError as `vectors`."""
        found = self.matrix.rows([len(self.words) + bucket for bucket in buckets])
        self._check(found, [f"n-gram bucket {bucket}" for bucket in buckets])
        return found

    def first_words(self, count: int) -> Iterator[str]:
        """The words of the first `count` rows, which are the frequent ones in every published file."""
        for row in range(min(count, len(self.words))):
            word = self.words.word(row)
            if word is not None:
                yield word

    def _numbers(self, word: str) -> list[int]:
        row = self.words.row(word)
        own = [] if row is None else [row]
        if self.subwords is None or (own and word == END_OF_SENTENCE):
            return own
        return own + [len(self.words) + bucket for bucket in self.subwords.of(word)]

    def _check(self, vectors: NDArray[np.float32], names: Sequence[str]) -> None:
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if bad.size:
            raise DataError(
                f"the vector of {names[bad[0]]!r} holds a number that is not finite",
                where=self.path,
                fix="Get the file again, or make it anew",
            )
