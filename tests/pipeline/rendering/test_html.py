from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from syntagma.errors import DataError, OutputError
from syntagma.pipeline.rendering import html_page, write_html
from syntagma.text.document import Document

from .conftest import Annotate


class Reader(HTMLParser):
    """Collects the text of every `.text` block, without the labels in `<b>`, and checks that elements nest."""

    VOID = ("meta", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.blocks: list[str] = []
        self.tips: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.names.add(tag)
        self.tips += [values["data-t"] or ""] if "data-t" in values else []
        self.tags += [values["data-p"] or ""] if "data-p" in values else []
        if tag not in self.VOID:
            self.open.append(tag)
        if values.get("class") == "text":
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "div" in self.open and "b" not in self.open and self.blocks:
            self.blocks[-1] += data


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8").partition('<div class="legend">')[0])
    reader.close()
    assert reader.open == ["html"]
    return reader


def test_the_page_holds_texts_entities_and_tags(annotate: Annotate, tmp_path: Path) -> None:
    first = annotate("Ann Lee is in Rome.", ("Ann Lee", "PER", 0.987), ("Rome", "LOC", None), source="a.txt")
    write_html([first, annotate("Hello")], tmp_path / "page.html", title="Mine", note="en-small")
    page = read(tmp_path / "page.html")
    assert page.blocks == ["Ann Lee is in Rome.", "Hello"]
    assert page.tips == ["PER, confidence 98.7%, characters 0 to 7", "LOC, characters 14 to 18"]
    assert page.tags == ["X", "X", "X", "X", "X", "PUNCT", "X"]
    raw = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<h2>a.txt</h2>" in raw
    assert "<h2>Text 2</h2>" in raw
    assert "2 texts, 7 words, 2 entities" in raw
    assert re.search(r"PER<b>1</b>.*LOC<b>1</b>", raw, re.DOTALL)


def test_everything_is_escaped(annotate: Annotate, tmp_path: Path) -> None:
    text = "<script>alert('x')</script> & \"q\" \x00 \ud800"
    document = annotate(text, ("script", '"><img src=x onerror=alert(1)>', 0.5), source="<b>.txt")
    document.tokens[0].tags["upos"] = '"><u>'
    write_html([document], tmp_path / "page.html", title="</title><script>", note="<script>")
    page = read(tmp_path / "page.html")
    assert page.names <= {"html", "meta", "title", "style", "header", "h1", "h2", "p", "div", "mark", "i", "b"}
    assert page.blocks == ["<script>alert('x')</script> & \"q\" ␀ \ufffd"]
    assert '"><img' not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_pieces_of_one_source_stand_under_one_heading(annotate: Annotate, tmp_path: Path) -> None:
    pieces = [annotate("one ", source="-"), annotate("Rome", ("Rome", "LOC", 0.5), source="-", offset=100_004)]
    write_html(pieces, tmp_path / "page.html")
    raw = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert raw.count("<h2>") == 1
    assert "<h2>Standard input</h2>" in raw
    assert 'data-at="100,004"' in raw
    assert "characters 100,004 to 100,008" in raw


def test_the_page_needs_nothing_from_outside(annotate: Annotate, tmp_path: Path) -> None:
    write_html([annotate("Rome")], tmp_path / "page.html")
    raw = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import|<script|<link", raw)


def test_documents_are_written_as_they_come(annotate: Annotate, tmp_path: Path) -> None:
    with html_page(tmp_path / "page.html") as page:
        page.add(annotate("a long text " * 5000))
        (part,) = tmp_path.glob(".page.html.*")
        assert part.stat().st_size > 50_000
        assert not (tmp_path / "page.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_failure_leaves_the_old_page(annotate: Annotate, tmp_path: Path) -> None:
    def documents() -> Iterator[Document]:
        yield annotate("Rome")
        raise DataError("ragged", where="x.conll:3")

    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.conll:3: ragged"):
        write_html(documents(), path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(annotate: Annotate, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere.*could not be written: No such file or directory"):
        write_html([annotate("Rome")], tmp_path / "nowhere" / "page.html")
