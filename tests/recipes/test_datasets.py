"""Sentences of a recipe's sources: with the words around them in their document, and as bare text."""

from __future__ import annotations

from pathlib import Path

from syntagma.recipes.data import Source
from syntagma.recipes.datasets import read_sentences, read_texts
from syntagma.recipes.layers import Spans
from syntagma.text.view import view_of

ROWS = "-DOCSTART- O\n\nAnn B-PER\nmet O\n\nBob B-PER\n\n-DOCSTART- O\n\nRain O\nfell O\n"


def test_sentences_know_the_words_of_their_own_document(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text(ROWS, encoding="utf-8")
    sentences = read_sentences(Source(path="a.conll"), {"ner": Spans()}, tmp_path)
    around = [(view.before, view.after) for view in map(view_of, sentences)]
    assert around == [([], ["Bob"]), (["Ann", "met"], []), ([], [])]


def test_texts_are_sentences_of_words(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text(ROWS, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Ann didn't go. Bob did!\n\n", encoding="utf-8")
    assert list(read_texts(Source(path="a.conll"), tmp_path)) == ["Ann met", "Bob", "Rain fell"]
    assert list(read_texts(Source(path="b.txt"), tmp_path)) == ["Ann did n't go .", "Bob did !"]
