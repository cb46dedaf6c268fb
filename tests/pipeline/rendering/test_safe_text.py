from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from syntagma.pipeline.rendering.safe_text import safe_text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("nul\x00del\x7f", "nul␀del␡"),
        ("c1\x9b\x85", "c1\ufffd\ufffd"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("👩‍👩‍👧 e\u0301 עברית", "👩‍👩‍👧 e\u0301 עברית"),
    ],
)
def test_shows_what_would_not_show(raw: str, shown: str) -> None:
    assert safe_text(raw) == shown


@given(st.text(st.characters(codec=None)))
def test_nothing_unsafe_is_left(text: str) -> None:
    shown = safe_text(text)
    shown.encode("utf-8")
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\t\n"]
