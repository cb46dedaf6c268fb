"""Every format gives the same words and vectors; n-grams make up what fastText's files do not list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from syntagma.encoders import Subwords
from syntagma.encoders.vector_files import VectorFile, open_vectors

from .conftest import WORDS, fasttext_of, text_of, word2vec_of

Vectors = NDArray[np.float32]
WRITERS: dict[str, Callable[[list[str], Vectors], bytes]] = {
    "word2vec text": lambda words, vectors: text_of(words, vectors, header=True).encode(),
    "windows line ends": lambda words, vectors: text_of(words, vectors, header=True, end="\r\n").encode(),
    "byte order mark": lambda words, vectors: b"\xef\xbb\xbf" + text_of(words, vectors, header=True).encode(),
    "byte order mark, glove": lambda words, vectors: b"\xef\xbb\xbf" + text_of(words, vectors, header=False).encode(),
    "glove": lambda words, vectors: text_of(words, vectors, header=False).encode(),
    "word2vec binary": lambda words, vectors: word2vec_of([w.encode() for w in words], vectors, newlines=True),
    "word2vec binary, gensim": lambda words, vectors: word2vec_of([w.encode() for w in words], vectors, newlines=False),
    "fasttext": lambda words, vectors: fasttext_of(words, vectors, lengths=(0, 0)),
    "fasttext classifier": lambda words, vectors: fasttext_of(
        words, vectors, lengths=(3, 6), version=11, model=3, labels=["__label__a"]
    ),
}


def opened(folder: Path, content: bytes) -> VectorFile:
    (folder / "vectors").write_bytes(content)
    return open_vectors(folder / "vectors")


@pytest.mark.parametrize("writer", WRITERS)
def test_all_formats_say_the_same(writer: str, vectors: Vectors, tmp_path: Path) -> None:
    file = opened(tmp_path, WRITERS[writer](WORDS, vectors))
    assert file.width == 4
    assert len(file.words) == len(WORDS)
    assert list(file.first_words(99)) == WORDS
    np.testing.assert_array_equal(file.vectors(WORDS), vectors)
    assert not file.vectors(["paris", ""]).any()
    assert ("Paris" in file, "paris" in file, "" in file, "\ud800" in file) == (True, False, False, False)
    assert not file.has_vector("paris")


@pytest.mark.parametrize("writer", WRITERS)
def test_the_first_of_two_rows_counts(writer: str, vectors: Vectors, tmp_path: Path) -> None:
    words = ["a", "b", "a", "c", "b"]
    file = opened(tmp_path, WRITERS[writer](words, vectors))
    np.testing.assert_array_equal(file.vectors(["a", "b", "c"]), vectors[[0, 1, 3]])


def test_words_that_fasttext_does_not_list_are_the_mean_of_their_n_grams(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(size=(len(WORDS) + 50, 6)).astype(np.float32)
    file = opened(tmp_path, fasttext_of(WORDS, matrix))
    buckets = matrix[len(WORDS) :]
    for word in ["unheard", "unhörbar"]:
        expected = buckets[Subwords(3, 6, 50).of(word)].mean(0)
        np.testing.assert_allclose(file.vectors([word])[0], expected, rtol=1e-5, atol=1e-6)
    own = np.concatenate([matrix[1:2], buckets[Subwords(3, 6, 50).of("Paris")]]).mean(0)
    np.testing.assert_allclose(file.vectors(["Paris"])[0], own, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(file.bucket_vectors([3, 0]), buckets[[3, 0]])
    assert file.has_vector("unheard")
    assert not file.has_vector("")


def test_the_end_of_a_sentence_is_not_spelt(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(size=(22, 3)).astype(np.float32)
    file = opened(tmp_path, fasttext_of(["</s>", "a"], matrix))
    np.testing.assert_array_equal(file.vectors(["</s>"])[0], matrix[0])


def test_a_word_of_glove_may_hold_blanks(tmp_path: Path) -> None:
    file = opened(tmp_path, b"the 0.5 1.5\n. . . 2.5 3.5\nat name@domain.com 4.5 5.5\n")
    np.testing.assert_array_equal(file.vectors([". . .", "at name@domain.com"]), [[2.5, 3.5], [4.5, 5.5]])


def test_some_words_that_are_not_utf8_are_never_found(tmp_path: Path) -> None:
    words = [b"caf\xe9", *(f"word{n}".encode() for n in range(150))]
    vectors = np.arange(302, dtype=np.float32).reshape(151, 2)
    file = opened(tmp_path, word2vec_of(words, vectors, newlines=True))
    assert list(file.first_words(3)) == ["word0", "word1"]
    np.testing.assert_array_equal(file.vectors(["word149"]), vectors[150:])


def test_words_whose_hashes_meet_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zlib.crc32", len)
    words = ["ab", "cd", "efg", "xy", "ab"]
    file = opened(tmp_path, text_of(words, np.eye(5, dtype=np.float32), header=True).encode())
    np.testing.assert_array_equal(file.vectors(words), np.eye(5)[[0, 1, 2, 3, 0]])
    assert "zz" not in file
