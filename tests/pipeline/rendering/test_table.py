from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from syntagma.pipeline.rendering import print_document
from syntagma.pipeline.rendering.table import interlinear
from syntagma.text.document import Document, Sentence, Token

from .conftest import Annotate


def printed(document: Document, *, colours: bool = False, width: int = 60) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=colours, color_system="truecolor" if colours else None)
    print_document(document, console)
    return stream.getvalue()


def test_prints_text_entities_and_tags(annotate: Annotate) -> None:
    document = annotate("Ann Lee is in Rome.\n", ("Ann Lee", "PER", 0.9876), ("Rome", "LOC", None), source="a.txt")
    lines = [line.rstrip() for line in printed(document).splitlines()]
    assert lines[0].startswith("a.txt ──")
    assert lines[1] == "[Ann Lee PER] is in [Rome LOC]."
    assert [line.split() for line in lines[2:5]] == [
        ["entity", "label", "confidence", "characters"],
        ["Ann", "Lee", "PER", "0.988", "0-7"],
        ["Rome", "LOC", "14-18"],
    ]
    assert lines[5:7] == ["Ann  Lee  is  in  Rome  .", "X    X    X   X   X     PUNCT"]


def test_colours_take_the_place_of_brackets(annotate: Annotate) -> None:
    shown = printed(annotate("in Rome", ("Rome", "LOC", 0.5)), colours=True)
    assert "[Rome" not in shown
    assert "\x1b[30;48;2;" in shown


def test_offsets_are_those_of_the_source(annotate: Annotate) -> None:
    shown = printed(annotate("Rome", ("Rome", "LOC", 0.5), source="-", offset=100_000))
    assert "standard input, from character 100,000" in shown
    assert "100000-100004" in shown


@pytest.mark.parametrize("text", ["[bold]no markup[/] :smile:", "\x1b[31mred\x07", "\ud800", "宽字 👩‍👩‍👧 e\u0301"])
def test_odd_text_is_shown_and_drives_nothing(annotate: Annotate, text: str) -> None:
    shown = printed(annotate(text, (text.split()[0].strip("[]\x07"), "A[/b]", 0.5), source="[red]x"))
    shown.encode("utf-8")
    assert "\x1b" not in shown
    assert "A[/b]" in shown
    assert "[red]x" in shown
    assert "bold" not in text or ":smile:" in shown


def test_an_empty_document_prints_no_table() -> None:
    assert printed(Document("")).strip() == ""
    assert "PUNCT" not in printed(Document("a", [Sentence([Token("a", 0, 1)])]))


def test_interlinear_lines_are_no_wider_than_the_terminal() -> None:
    words = ["a", "extraordinarily", "宽字", "x" * 100, "."]
    sentence = Sentence([Token(word, 0, len(word), {"upos": "PROPN"}) for word in words])
    lines = list(interlinear(sentence, 20))
    assert all(cell_len(line) <= 20 for pair in lines for line in pair)
    assert sum(tags.count("PROPN") for _, tags in lines) == len(words)
