"""Stop strings: the same whatever the pieces in which the text comes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import SyntagmaError
from syntagma.language_models.generation.stop_strings import StopStrings

letters = st.text("ab<|é", max_size=20)


@given(letters, st.lists(st.text("ab<|é", min_size=1, max_size=4), max_size=3), st.lists(st.integers(0, 20)))
def test_text_ends_before_the_first_stop_string(text: str, stops: list[str], cuts: list[int]) -> None:
    watch = StopStrings(stops)
    bounds = [0, *sorted(min(place, len(text)) for place in cuts), len(text)]
    shown = "".join(watch.add(text[start:end]) for start, end in pairwise(bounds)) + watch.end()
    # Of stop strings that overlap, the one that was complete first has ended the text.
    ends = [end for end in range(len(text) + 1) if any(text[:end].endswith(stop) for stop in stops)]
    if not ends:
        assert shown == text
        return
    assert watch.found is not None
    assert text.startswith(shown + watch.found)


@given(letters, st.text("ab<|é", min_size=1, max_size=4))
def test_one_stop_string_ends_the_text_where_it_first_stands(text: str, stop: str) -> None:
    watch = StopStrings([stop])
    shown = "".join(watch.add(letter) for letter in text) + watch.end()
    assert shown == text.partition(stop)[0]


def test_only_a_possible_beginning_is_held_back() -> None:
    watch = StopStrings(["<end>"])
    assert [watch.add("a <e"), watch.add("x"), watch.add("<end>b"), watch.add("c"), watch.end()] == [
        "a ",
        "<ex",
        "",
        "",
        "",
    ]


def test_an_empty_stop_string_is_refused() -> None:
    with pytest.raises(SyntagmaError, match="a stop string is empty"):
        StopStrings([""])
