"""Features of words by hand, and hashes that never change."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, strategies as st

from syntagma.encoders.word_features import feature, hashes, norm, rows, shape
from syntagma.errors import RecipeError


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Hello", "hello"), ("1984", "0000"), ("Ｔｗｏ-１9", "two-00"), ("don’t", "don't"), ("", ""), ("ẞ", "ß")],
)
def test_norm(word: str, expected: str) -> None:
    assert norm(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("McDonald's", "XxXxxxx'x"),
        ("internationalisation", "xxxx"),
        ("A-1", "X-d"),
        ("12345678", "dddd"),
        ("......", "...."),
        ("", ""),
        ("Ünï漢", "Xxxx"),
    ],
)
def test_shape(word: str, expected: str) -> None:
    assert shape(word) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("word", "Lisbon"), ("prefix", "L"), ("prefix3", "Lis"), ("suffix", "bon"), ("suffix2", "on")],
)
def test_features_by_name(name: str, expected: str) -> None:
    assert feature(name)("Lisbon") == expected


def test_an_unknown_feature_is_told() -> None:
    with pytest.raises(
        RecipeError, match=r"'sufix' is not a feature of words\. Choose from: word, norm, shape, prefix"
    ):
        feature("sufix")


def test_hashes_are_the_same_everywhere() -> None:
    assert struct.unpack("<4I", hashes("norm", "lisbon")) == (3438751750, 3987323813, 4002846966, 247143424)
    assert hashes("norm", "lisbon") != hashes("suffix", "lisbon")


@given(st.text(st.characters(categories=None), max_size=300))
def test_any_word_has_rows_in_its_tables(word: str) -> None:
    features = {name: (feature(name), size) for name, size in {"norm": 7, "shape": 1, "prefix": 100}.items()}
    found = struct.unpack("12q", rows(word, features))
    assert all(0 <= row < size for row, size in zip(found, [7] * 4 + [1] * 4 + [100] * 4, strict=True))
