"""Streams: together what decoding gives at once, never half a character, spaces as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from syntagma.language_models.tokenization import TextStream, Tokenizer

from ..small_tokenizers import texts


def fed(stream: TextStream, ids: Iterable[int]) -> list[str]:
    return [*map(stream.feed, ids), stream.finish()]


@pytest.fixture(scope="module")
def tokenizer(description: dict[str, Any]) -> Tokenizer:
    return Tokenizer(description)


@given(ids=st.lists(st.integers(0, 520)))
def test_any_ids_give_what_decoding_gives(tokenizer: Tokenizer, ids: list[int]) -> None:
    assert "".join(fed(tokenizer.stream(), ids)) == tokenizer.decode(ids)
    assert "".join(fed(tokenizer.stream(special=True), ids)) == tokenizer.decode(ids, special=True)


@given(ids=st.lists(st.integers(0, 520)))
def test_what_is_handed_out_is_final(tokenizer: Tokenizer, ids: list[int]) -> None:
    stream, shown = tokenizer.stream(), ""
    for count, number in enumerate(ids, start=1):
        shown += stream.feed(number)
        assert tokenizer.decode(ids).startswith(shown)
        assert tokenizer.decode(ids[:count]).startswith(shown)


@given(text=texts)
def test_text_never_shows_half_a_character(tokenizer: Tokenizer, text: str) -> None:
    parts = fed(tokenizer.stream(), tokenizer.encode(text.replace("\ufffd", "")))
    assert "\ufffd" not in "".join(parts)
    assert parts[-1] == ""


def test_a_family_of_three_is_shown_character_by_character(pieces: dict[str, Any]) -> None:
    tokenizer = Tokenizer(pieces)
    family = "👩‍👩‍👧"
    ids = [3 + byte for byte in family.encode()]
    shown = fed(tokenizer.stream(), ids)
    assert [part for part in shown if part] == list(family)
    assert shown.index("👩") == 3


def test_broken_bytes_are_shown_as_soon_as_they_are_broken(pieces: dict[str, Any]) -> None:
    stream = Tokenizer(pieces).stream()
    assert [stream.feed(3 + byte) for byte in b"\xe2\x82A\xff"] == ["", "", "\ufffdA", "\ufffd"]
    assert stream.feed(3 + 0xE2) == ""
    assert stream.finish() == "\ufffd"


def test_a_continuation_keeps_the_space_that_an_answer_loses(pieces: dict[str, Any]) -> None:
    tokenizer = Tokenizer(pieces)
    prompt, continued = tokenizer.encode("the"), tokenizer.encode("cat")
    assert "".join(fed(tokenizer.stream(prompt), continued)) == " cat"
    assert "".join(fed(tokenizer.stream(), continued)) == "cat"
    begin = [1]  # a token without text is no text before it
    assert "".join(fed(tokenizer.stream(begin), continued)) == "cat"


@given(before=texts, text=texts)
def test_a_prompt_and_its_continuation_make_the_whole(tokenizer: Tokenizer, before: str, text: str) -> None:
    prompt, continued = tokenizer.encode(before), tokenizer.encode(text)
    whole = tokenizer.decode(prompt) + "".join(fed(tokenizer.stream(prompt), continued))
    assert whole == tokenizer.decode(prompt + continued)
