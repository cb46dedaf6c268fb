"""Sentences of a recipe's sources: with the words around them in their document, and as bare text."""

from __future__ import annotations

from pathlib import Path

import pytest

from syntagma.errors import DataError
from syntagma.recipes.data import Source
from syntagma.recipes.datasets import read_sentences
from syntagma.recipes.layers import Spans
from syntagma.recipes.unlabelled import read_texts
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


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.conll", "", r"a\.conll: holds no sentence"),
        ("a.conllu", "# text = none\n\n", r"a\.conllu: holds no sentence"),
        ("a.conll/b", "", "a.conll: this is a folder, not a file"),
        ("folder/b", "", "folder: this is a folder, not a file"),
        ("a.txt", "Ann met Bob.", "a plain text has no annotation to learn from"),
    ],
)
def test_what_holds_nothing_to_learn_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    layers = {"ner": Spans()}
    with pytest.raises(DataError, match=message):
        read_sentences(Source(path=name.split("/")[0]), layers, tmp_path)
