from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len
from rich.console import Console

from syntagma.pipeline.rendering import print_document
from syntagma.pipeline.rendering.tree_lines import ARROW, drawn_arcs, tree_lines
from syntagma.text.document import Arc, Document, Sentence, Token

HEADS = [3, 3, 4, 0, 8, 8, 8, 4, 4]
WORDS = ["The", "US", "troops", "fired", "into", "the", "hostile", "crowd", "."]


def sentence(words: list[str]) -> Sentence:
    return Sentence([Token(word, 0, 1, {"upos": "X"}) for word in words])


def arcs(heads: list[int]) -> list[Arc]:
    return [Arc(head, "dep" if head else "root", 0.5) for head in heads]


def test_arcs_between_the_lines() -> None:
    assert drawn_arcs(arcs(HEADS), 20) == [
        "      ┌───►",
        "      │ ┌─►",
        "      └─┼─►",
        "┌─┬─────┴──",
        "│ │ ┌─────►",
        "│ │ │ ┌───►",
        "│ │ │ │ ┌─►",
        "│ └─┴─┴─┴─►",
        "└─────────►",
    ]


def test_a_line_a_word_with_its_number_tag_head_and_relation() -> None:
    found = [line.split() for line in tree_lines(sentence(WORDS), arcs(HEADS), 80)]
    assert found[0] == ["word", "tag", "head", "relation", "conf."]
    for number, line in enumerate(found[1:], 1):
        root = HEADS[number - 1] == 0
        assert line[:3] == [str(number), WORDS[number - 1], "X"]
        assert line[-3:] == [str(HEADS[number - 1]), "root" if root else "dep", "0.500"]


def test_columns_that_are_empty_or_too_wide_are_left_out() -> None:
    bare = Sentence([Token("a", 0, 1), Token("b", 2, 3)])
    assert list(tree_lines(bare, [Arc(2, "x"), Arc(0, "root")], 80)) == [
        "   word       head  relation",
        "1  a     ┌─►     2  x",
        "2  b     └──     0  root",
    ]
    assert list(tree_lines(bare, [Arc(2, "x"), Arc(0, "root")], 20))[1] == "1  a        2  x"


@st.composite
def heads(draw: st.DrawFn) -> list[int]:
    length = draw(st.integers(1, 12))
    found = [draw(st.integers(0, length - 1)) for _ in range(length)]
    return [head + (head >= word) if head else 0 for word, head in enumerate(found, 1)]


@given(heads(), st.integers(1, 60))
def test_any_heads_are_drawn_in_lines_of_one_width(found: list[int], width: int) -> None:
    drawn = drawn_arcs(arcs(found), width)
    assert len({cell_len(line) for line in drawn}) == 1
    assert cell_len(drawn[0]) <= width
    if drawn[0]:
        assert [line.endswith(ARROW) for line in drawn] == [head > 0 for head in found]


@given(st.lists(st.text(st.characters(codec=None), min_size=1, max_size=40), min_size=1, max_size=5))
def test_any_words_stand_in_columns_and_drive_nothing(words: list[str]) -> None:
    lines = list(tree_lines(sentence(words), arcs([0] + [1] * (len(words) - 1)), 80))
    assert len(lines) == 1 + len(words)
    assert all(cell_len(line) <= 80 for line in lines)
    assert not any(char in line for line in lines for char in "\n\t\x1b\x07")


@pytest.mark.parametrize(("width", "drawn"), [(80, True), (48, True), (24, False)])
def test_printing_a_sentence_with_a_tree(width: int, drawn: bool) -> None:
    tree = sentence(WORDS)
    tree.trees["dependencies"] = arcs(HEADS)
    stream = io.StringIO()
    print_document(Document("x", [tree]), Console(file=stream, width=width))
    lines = stream.getvalue().splitlines()
    assert all(cell_len(line) <= width for line in lines)
    assert (ARROW in stream.getvalue()) is drawn
    assert "word" in lines[2]
    assert len([line for line in lines if line.strip()]) == 2 + len(WORDS)


@pytest.mark.parametrize(("sentences", "trees", "drawn"), [(3, None, 3), (4, None, 0), (4, True, 4), (1, False, 0)])
def test_trees_of_long_documents_are_printed_when_asked_for(sentences: int, trees: bool | None, drawn: int) -> None:
    tree = sentence(WORDS)
    tree.trees["dependencies"] = arcs(HEADS)
    stream = io.StringIO()
    print_document(Document("x", [tree] * sentences), Console(file=stream, width=80), trees=trees)
    assert stream.getvalue().count(" relation") == drawn
