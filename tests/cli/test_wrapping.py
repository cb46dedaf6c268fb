"""Streams broken into lines."""

from __future__ import annotations

import re

from hypothesis import given, strategies as st
from rich.cells import cell_len

from syntagma.cli.harmless import harmless
from syntagma.cli.wrapping import Wrapping


def wrapped(pieces: list[str], width: int) -> str:
    wrapping = Wrapping(width)
    return "".join(map(wrapping.feed, pieces))


def test_lines_end_between_words() -> None:
    text = "It was a dark and stormy night; the rain fell in torrents."
    for pieces in ([text], re.findall(r"\s?\S+", text), list(text)):
        lines = wrapped(pieces, 30).split("\n")
        assert " ".join(lines) == text
        assert all(len(line) <= 30 for line in lines)
        assert len(lines) >= 3


def test_line_feeds_begin_anew_and_wide_letters_count_twice() -> None:
    assert wrapped(["one two\n", "three\n\n", "four"], 30) == "one two\nthree\n\nfour"
    assert wrapped(["世界世界世界世界", " 世界"], 26) == "世界世界世界世界\n世界"


@given(st.lists(st.text("ab世 \n\t", max_size=9), max_size=12), st.integers(12, 40))
def test_nothing_is_lost_but_white_space_where_a_line_ends(pieces: list[str], width: int) -> None:
    text, shown = "".join(pieces), wrapped(pieces, width)
    assert shown.split() == text.split()
    assert shown.count("\n") >= text.count("\n")
    assert all(line == line.rstrip(" \t") for line in shown.split("\n"))


@given(st.text(), st.integers(20, 60))
def test_whatever_a_model_writes_can_be_shown(text: str, width: int) -> None:
    shown = wrapped([harmless(text)], width)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", shown)
    assert cell_len(harmless("plain ü 世")) == 10
