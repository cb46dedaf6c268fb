"""n-grams and their numbers: published hashes, what the program fastText computes, a plain restatement of its loop."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from syntagma.encoders import Subwords

ALL_32_BITS = 2**32


def fnv1a(data: bytes) -> int:
    """Fowler, Noll and Vo's hash of 32 bits, with fastText's signed bytes."""
    hashed = 2166136261
    for byte in data:
        signed = byte - 256 if byte > 127 else byte
        hashed = ((hashed ^ (signed % ALL_32_BITS)) * 16777619) % ALL_32_BITS
    return hashed


def restated(word: str, shortest: int, longest: int) -> list[int]:
    framed = f"<{word}>"
    found = []
    for first in range(len(framed)):
        for stop in range(first + 1, min(first + longest, len(framed)) + 1):
            edge = stop == first + 1 and (first == 0 or stop == len(framed))
            if stop - first >= shortest and not edge:
                found.append(fnv1a(framed[first:stop].encode()))
    return found


def test_the_published_hash_of_ascii() -> None:
    # Of the authors' own table (draft-eastlake-fnv): FNV-1a, 32 bits, of "a", "b" and "foobar".
    assert [Subwords(1, 1, ALL_32_BITS).of(letter) for letter in "ab"] == [[0xE40C292C], [0xE70C2DE5]]
    assert 0xBF9CF968 in Subwords(6, 6, ALL_32_BITS).of("foobar")


def test_numbers_are_those_of_fasttext_also_beyond_ascii() -> None:
    # gensim 4.3.3: ft_hash_bytes(g) for g in compute_ngrams_bytes(word, 3, 6)
    naive = [1267806890, 785907692, 1476878190, 2660933201, 3249590546, 1297719404]
    assert Subwords(3, 6, ALL_32_BITS).of("naïve")[:6] == naive
    assert Subwords(3, 6, ALL_32_BITS).of("日本") == [3018758587, 3315313759, 778196157]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.integers(1, 5), st.integers(0, 4))
def test_n_grams_are_those_of_the_plain_loop(word: str, shortest: int, more: int) -> None:
    assert Subwords(shortest, shortest + more, ALL_32_BITS).of(word) == restated(word, shortest, shortest + more)
    assert Subwords(shortest, shortest + more, 7).of(word) == [n % 7 for n in restated(word, shortest, shortest + more)]


def test_odd_words_and_settings() -> None:
    assert Subwords(3, 6, 10).of("") == []
    assert Subwords(3, 0, 10).of("word") == []
    assert Subwords(3, 6, 0).of("word") == []
    assert all(0 <= number < 10 for number in Subwords(1, 6, 10).of("\ud800\x00👩‍👩‍👧"))
    long = "a" * 128 + "b" * 10_000_000 + "c" * 128
    assert Subwords(3, 6, 99).of(long) == Subwords(3, 6, 99).of("a" * 128 + "c" * 128)
