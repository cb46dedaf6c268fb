"""Control tokens: which they are, where they are found, which white space is theirs."""

from __future__ import annotations

import pytest

from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.control_tokens import ControlTokens, strip_beside

USER, LONG = AddedToken(1, "<|user|>", strips_right=True), AddedToken(2, "<|user|>!")
LEFT, WORD = AddedToken(3, "<mask>", strips_left=True), AddedToken(4, "mask", single_word=True)


def test_the_longest_is_found() -> None:
    assert ControlTokens([USER, LONG]).split("a<|user|>!<|user|>b") == ["a", LONG, USER, "b"]
    assert ControlTokens([]).split("<|user|>") == ["<|user|>"]
    assert ControlTokens([USER]).split("") == []


def test_a_single_word_touches_no_letter() -> None:
    assert ControlTokens([WORD]).split("unmask mask, mask_") == ["unmask ", WORD, ", mask_"]


def test_white_space_beside_them() -> None:
    assert strip_beside([" \n", USER, " \n a ", LEFT, " ", USER]) == [" \n", USER, "a", LEFT, " ", USER]
    assert strip_beside([USER, "\u3000\x85\n", LEFT]) == [USER, LEFT]
    assert strip_beside([USER, "\x1c a"]) == [USER, "\x1c a"]  # white space to Python, not to Unicode


@pytest.mark.parametrize(
    ("text", "controls"),
    [
        ("<|tool|>", True),
        ("</s>", True),
        ("[INST]", True),
        ("\t\t", False),
        ("<", False),
        ("a<b>", False),
        ("< b >", False),
        ("word", False),
    ],
)
def test_marks_control_though_they_are_not_special(text: str, controls: bool) -> None:
    assert AddedToken(1, text, special=False).controls is controls
    assert AddedToken(1, text, special=True).controls
