"""Tokenizers of both kinds: what the library gives, but never a role from a user's text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import ModelError
from syntagma.language_models.tokenization import Piece, SpecialIds, Tokenizer

from ..small_tokenizers import CORPUS, ROLES, TOOLS, texts, tokenizers


@pytest.fixture(scope="module")
def tokenizer(description: dict[str, Any]) -> Tokenizer:
    return Tokenizer(description)


@pytest.fixture(scope="module")
def library(description: dict[str, Any]) -> Any:
    return tokenizers.Tokenizer.from_str(json.dumps(description))


@given(text=texts)
def test_ids_are_the_librarys_where_control_tokens_are_recognised(
    tokenizer: Tokenizer, library: Any, text: str
) -> None:
    assert tokenizer.encode(text, special=True) == library.encode(text, add_special_tokens=False).ids


@given(text=texts)
def test_no_text_becomes_a_control_token(tokenizer: Tokenizer, text: str) -> None:
    assert not set(tokenizer.encode(text)) & set(tokenizer.controls.by_id)


@given(text=texts)
def test_text_comes_back_whole(tokenizer: Tokenizer, text: str) -> None:
    # SentencePiece's mark of a space is a space when it comes back.
    expected = text if tokenizer._spelling.strips == 0 else text.replace("▁", " ")
    assert tokenizer.decode(tokenizer.encode(text)) in (expected, expected.removeprefix(" "))
    if not expected.startswith(" "):
        assert tokenizer.decode(tokenizer.encode(text)) == expected


@pytest.mark.parametrize("mark", [*ROLES, *TOOLS])
def test_marks_of_tools_are_guarded_though_they_are_not_special(byte_level: dict[str, Any], mark: str) -> None:
    tokenizer = Tokenizer(byte_level)
    [control] = tokenizer.encode(mark, special=True)
    assert control == tokenizer.id_of(mark)
    assert tokenizer.decode(tokenizer.encode(mark)) == mark
    assert tokenizer.decode([control]) == ("" if mark in ROLES else mark)
    assert tokenizer.decode([control], special=True) == mark


def test_ordinary_added_tokens_are_part_of_any_text(byte_level: dict[str, Any]) -> None:
    tokenizer = Tokenizer(byte_level)
    assert tokenizer.encode("a::::b")[1:-1] == [tokenizer.id_of("::::")]


@given(ids=st.lists(st.integers(0, 520)))
def test_byte_level_decoding_is_the_librarys(byte_level: dict[str, Any], ids: list[int]) -> None:
    library = tokenizers.Tokenizer.from_str(json.dumps(byte_level))
    assert Tokenizer(byte_level).decode(ids, special=True) == library.decode(ids, skip_special_tokens=False)
    assert Tokenizer(byte_level).decode(ids) == library.decode(ids)


@given(text=texts)
def test_decoding_of_pieces_is_the_librarys_where_bytes_are_text(pieces: dict[str, Any], text: str) -> None:
    tokenizer, library = Tokenizer(pieces), tokenizers.Tokenizer.from_str(json.dumps(pieces))
    ids = tokenizer.encode(text, special=True)
    assert tokenizer.decode(ids) == library.decode(ids)
    assert tokenizer.decode(ids, special=True) == library.decode(ids, skip_special_tokens=False)


@given(text=texts)
def test_offsets_cover_a_text(byte_level: dict[str, Any], text: str) -> None:
    tokenizer = Tokenizer(byte_level)
    found = tokenizer.encode_with_offsets(text)
    assert [piece.id for piece in found] == tokenizer.encode(text)
    end = 0
    for piece in found:
        assert piece.start <= end <= piece.end  # a character of several ids is in each of them
        end = piece.end
    assert end == len(text)


def test_offsets_by_hand(byte_level: dict[str, Any]) -> None:
    tokenizer = Tokenizer(byte_level)
    space_cat, smile = tokenizer.encode(" cat"), tokenizer.encode("🙂")
    assert len(space_cat) == 1
    assert len(smile) > 1
    found = tokenizer.encode_with_offsets("a cat🙂")
    assert found == [
        Piece(tokenizer.encode("a")[0], 0, 1),
        Piece(space_cat[0], 1, 5),
        *(Piece(number, 5, 6) for number in smile),
    ]


def test_ids_and_tokens(pieces: dict[str, Any]) -> None:
    tokenizer = Tokenizer(pieces, SpecialIds(1, 2, 2, (1,)))
    assert tokenizer.size == 380 + len(ROLES)
    assert [tokenizer.id_of(text) for text in ("<unk>", "<s>", "</s>", "<|user|>")] == [0, 1, 2, 381]
    assert [tokenizer.token(number) for number in (2, 3, 381, 385, 10**12)] == [
        "</s>",
        "<0x00>",
        "<|user|>",
        None,
        None,
    ]
    assert tokenizer.id_of("nothing of the kind") is None
    assert tokenizer.token_bytes(3 + 0xE2) == b"\xe2"
    assert tokenizer.token_bytes(10**12) == b""
    assert tokenizer.special_ids.opening == (1,)


def test_what_the_file_says_of_lengths_is_not_done(byte_level: dict[str, Any]) -> None:
    cut = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    padding = {"strategy": {"Fixed": 50}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0}
    lengths = {"truncation": cut, "padding": {**padding, "pad_type_id": 0, "pad_token": "!"}}
    assert Tokenizer({**byte_level, **lengths}).encode(CORPUS[0]) == Tokenizer(byte_level).encode(CORPUS[0])


def test_roles_swallow_white_space_as_the_library_does(pieces: dict[str, Any]) -> None:
    tokenizer = Tokenizer(pieces)
    user, end = tokenizer.controls.by_text["<|user|>"], tokenizer.controls.by_text["<|end|>"]
    text = "  \n the cat"
    assert tokenizer.encode_parts([user, "\n" + text, end, "\n"]) == [user.id, *tokenizer.encode("the cat"), end.id]
    assert tokenizer.encode_parts([user, " \n ", end]) == [user.id, end.id]


def test_a_mark_in_parts_is_text(pieces: dict[str, Any]) -> None:
    tokenizer = Tokenizer(pieces)
    user = tokenizer.controls.by_text["<|user|>"]
    assert tokenizer.encode_parts([user, "<|end|>"]).count(user.id) == 1
    assert tokenizer.id_of("<|end|>") not in tokenizer.encode_parts([user, "<|end|>"])


def test_lone_surrogates_count_as_the_replacement_character(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("a\ud800b") == tokenizer.encode("a\ufffdb")


def test_an_id_keeps_its_number_behind_a_gap(byte_level: dict[str, Any]) -> None:
    far = {"id": 9000, "content": "word", "special": False}
    tokenizer = Tokenizer({**byte_level, "added_tokens": [*byte_level["added_tokens"], far]})
    assert tokenizer.encode("word") == [9000]
    assert tokenizer.size == 9001
    assert tokenizer.decode([9000, 8999, 9000]) == "wordword"


def broken(description: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**description, "model": {**description["model"], **changes}}


def test_what_is_no_byte_pair_tokenizer_is_refused(byte_level: dict[str, Any]) -> None:
    cases: list[tuple[object, str]] = [
        ([], "it has no 'model'"),
        (broken(byte_level, type="Unigram"), "of the kind 'Unigram'; only 'BPE' is known"),
        (broken(byte_level, end_of_word_suffix="</w>"), "with a end_of_word_suffix is not known"),
        (broken(byte_level, vocab={}), "has no vocabulary"),
        (broken(byte_level, vocab={"a": "1"}), "ids are not whole numbers"),
        (broken(byte_level, vocab={"a": 1, "b": 1}), "two words of the vocabulary have one id"),
        (broken(byte_level, merges=None), "no list of merges"),
        (broken(byte_level, merges=[["never", "seen"]]), "is not understood: "),
        ({**byte_level, "decoder": {"type": "WordPiece"}}, r"its decoder \(WordPiece\) is neither"),
        ({**byte_level, "decoder": None}, r"its decoder \(none\) is neither"),
        ({**byte_level, "added_tokens": [{"id": 3, "content": "<x>"}]}, "the id 3 is both '.' and '<x>'"),
        ({**byte_level, "added_tokens": [{"id": 3}]}, "has no text"),
        ({**byte_level, "added_tokens": [{"id": -3, "content": "<x>"}]}, "has the id -3"),
        ({**byte_level, "added_tokens": 7}, "'added_tokens' is no list"),
    ]
    for contents, message in cases:
        with pytest.raises(ModelError, match=f"here: .*{message}"):
            Tokenizer(contents, where="here")
