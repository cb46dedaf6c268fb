"""The page of a report: complete, well-formed, self-contained, and safe whatever the names hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from syntagma.errors import OutputError
from syntagma.learning.history import Epoch
from syntagma.learning.metrics import SpanEvaluator, TagEvaluator
from syntagma.learning.report import DataSetScores, Report, render_html, write_html
from syntagma.text.document import TokenSpan

UNCLOSED = {"meta", "html"}


class Nesting(HTMLParser):
    """Fails where an element is closed that is not the one open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in UNCLOSED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in UNCLOSED:
            assert self.open.pop() == tag


def check_nesting(page: str) -> None:
    parser = Nesting()
    parser.feed(page)
    parser.close()
    assert parser.open == []


def test_everything_is_there(full_report: Report, tmp_path: Path) -> None:
    write_html(full_report, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    check_nesting(page)
    for words in ("Training loss a word", "Dev scores", "Confusion matrix", "Reliability", "With subtypes"):
        assert words in page
    for heading in ("upos: accuracy ", "ner: F1 ", "dependencies: LAS ", "enhanced: labelled F1 "):
        assert heading in page
    assert "test &amp; &lt;more&gt;" in page
    assert page.count("<svg") == 10


def test_nothing_is_fetched_and_nothing_runs(full_report: Report) -> None:
    page = render_html(full_report)
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://", page)


def test_names_cannot_become_markup_or_break_the_encoding(tmp_path: Path) -> None:
    bad = "<script>\x00\ud800\"'&"
    tags, spans = TagEvaluator(bad), SpanEvaluator(bad)
    tags.add([bad], ["y"])
    spans.add([TokenSpan(0, 1, bad)], [TokenSpan(0, 1, bad, 0.5)])
    epochs = [Epoch(1, 0.5, 0.1, 1.0, 10, 0.5, {bad: 0.4})]
    data = [DataSetScores(bad, 1, 1, [tags.result(), spans.result()])]
    write_html(Report(bad, epochs, data, {bad: bad}), tmp_path / "bad.html")
    page = (tmp_path / "bad.html").read_text(encoding="utf-8")
    check_nesting(page)
    assert "<script" not in page
    assert "&lt;script&gt;\ufffd\ufffd&quot;&#x27;&amp;" in page


@pytest.mark.parametrize("epochs", [1, 2, 13, 31, 100])
def test_any_number_of_epochs(epochs: int) -> None:
    history = [Epoch(number, 0.5, 0.1, 1.0, 10, 0.5) for number in range(1, epochs + 1)]
    page = render_html(Report("run", history))
    check_nesting(page)
    assert f"The best of {epochs} epochs is 1: 50.00." in page


def test_parts_that_are_missing_are_left_out() -> None:
    page = render_html(Report("only a name"))
    check_nesting(page)
    assert "<svg" not in page
    unsure = SpanEvaluator("ner")
    unsure.add([], [TokenSpan(0, 1, "PER")])
    assert "Reliability" not in render_html(Report("x", data_sets=[DataSetScores("d", 1, 1, [unsure.result()])]))


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="could not be written"):
        write_html(Report("x"), tmp_path / "none" / "report.html")
