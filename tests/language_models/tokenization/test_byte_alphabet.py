"""The bytes' characters: those of GPT-2, as transformers has them."""

from __future__ import annotations

from hypothesis import given, strategies as st

from syntagma.language_models.tokenization.byte_alphabet import BYTE_OF, CHARACTER_OF, spelt

from ..small_tokenizers import tokenizers


def test_the_characters_are_the_librarys() -> None:
    assert set(CHARACTER_OF) == set(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    assert [spelt(data) for data in (b" ", b"\n", "é".encode())] == ["Ġ", "Ċ", "Ã©"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_words_are_spelt_as_the_library_spells_them(text: str) -> None:
    pre = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    assert [spelt(text.encode())] == ([word for word, _ in pre.pre_tokenize_str(text)] or [""])


@given(st.binary())
def test_bytes_come_back(data: bytes) -> None:
    assert bytes(BYTE_OF[character] for character in spelt(data)) == data
