from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from syntagma.errors import LabelError
from syntagma.pipeline.rendering import draw_sentence, write_html
from syntagma.text.document import Arc, Document, Sentence

from .conftest import Annotate


@pytest.fixture
def parsed(annotate: Annotate) -> Document:
    document = annotate("Ann <sleeps> \u05d0", source="a.txt")
    [sentence] = document.sentences
    heads = [Arc(3, "nsubj", 0.5), Arc(3, "punct"), Arc(0, "root", 1.0), Arc(3, "<b>"), Arc(3, "dep")]
    sentence.trees["dependencies"] = heads
    return document


def test_a_sentence_is_a_file_with_words_tags_and_relations(parsed: Document) -> None:
    drawn = draw_sentence(parsed.sentences[0])
    root = ElementTree.fromstring(drawn)
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Ann", "<", "sleeps", ">", "nsubj", "<b>", "root", "X", "PUNCT"} <= set(texts)
    assert root.get("aria-label") == "dependencies: Ann < sleeps > \u05d0"
    assert "sleeps → Ann (nsubj)" in root.findtext("{http://www.w3.org/2000/svg}desc", "")
    assert drawn._repr_svg_() == drawn


def test_graphs_are_drawn_by_their_name(parsed: Document) -> None:
    [sentence] = parsed.sentences
    sentence.graphs["enhanced"] = [[Arc(3, "a"), Arc(3, "b"), Arc(4, "conj>c")], [], [Arc(0, "root")], [], []]
    assert draw_sentence(sentence, "enhanced").count('class="line') == 4
    with pytest.raises(LabelError, match=r"has no tree or graph 'deps' to draw\. It has: dependencies, enhanced"):
        draw_sentence(sentence, "deps")
    with pytest.raises(LabelError, match="It has: none"):
        draw_sentence(Sentence([]))


def test_a_page_draws_the_trees_of_each_sentence(parsed: Document, annotate: Annotate, tmp_path: Path) -> None:
    parsed.sentences[0].graphs["enhanced"] = [[Arc(0, "</svg><script>")], [], [], [], []]
    right = annotate("\u05d0\u05d1")
    right.sentences[0].trees["dependencies"] = [Arc(0, "root")]
    write_html([parsed, right, annotate("none")], tmp_path / "page.html")
    raw = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert raw.count("<figure") == raw.count("<svg") == raw.count("</svg>") == 3
    assert raw.count('<figure tabindex="0" dir="rtl">') == 1
    assert raw.count("<figcaption>") == raw.count("<figcaption>enhanced</figcaption>") == 1
    assert "<script" not in raw
    assert raw.count('id="trees"') == 1
    assert not re.search(r"https?:|url\(|@import|<link", raw)


@pytest.mark.parametrize(("sentences", "state"), [(3, " checked"), (4, "")])
def test_a_page_of_many_trees_shows_them_when_switched_on(
    parsed: Document, tmp_path: Path, sentences: int, state: str
) -> None:
    write_html([parsed] * sentences, tmp_path / "page.html")
    assert f'id="trees"{state}>' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_without_trees_has_no_switch_for_them(annotate: Annotate, tmp_path: Path) -> None:
    write_html([annotate("Rome")], tmp_path / "page.html")
    assert 'id="trees"' not in (tmp_path / "page.html").read_text(encoding="utf-8")
