from __future__ import annotations

from syntagma.pipeline.rendering.pieces import stretches
from syntagma.text.document import Document, Sentence, Token, TokenSpan

from .conftest import Annotate


def test_the_pieces_joined_are_the_text(annotate: Annotate) -> None:
    document = annotate(" Ann Lee met\r\nBob.  ", ("Ann Lee", "PER", 0.9), ("Bob", "PER", 0.8))
    found = list(stretches(document))
    assert "".join(piece.text for stretch in found for piece in stretch.pieces) == document.text
    assert [stretch.entity.text for stretch in found if stretch.entity] == ["Ann Lee", "Bob"]
    assert [piece.text for piece in found[1].pieces] == ["Ann", " ", "Lee"]


def test_a_text_without_sentences_is_one_stretch() -> None:
    assert [[p.text for p in s.pieces] for s in stretches(Document(" \n"))] == [[" \n"]]
    assert list(stretches(Document(""))) == []


def test_words_that_share_characters_show_them_once() -> None:
    tokens = [Token("Le", 0, 2), Token("de", 3, 5), Token("le", 3, 5), Token("port", 6, 10)]
    document = Document("Le du port", [Sentence(tokens)])
    assert "".join(piece.text for stretch in stretches(document) for piece in stretch.pieces) == "Le du port"


def test_a_later_overlapping_entity_has_what_is_left() -> None:
    tokens = [Token("New", 0, 3), Token("York", 4, 8), Token("City", 9, 13)]
    spans = [TokenSpan(0, 2, "LOC"), TokenSpan(1, 3, "ORG"), TokenSpan(1, 2, "PER")]
    found = list(stretches(Document("New York City", [Sentence(tokens, {"ner": spans})])))
    assert "".join(piece.text for stretch in found for piece in stretch.pieces) == "New York City"
    assert {s.entity.label: "".join(p.text for p in s.pieces) for s in found if s.entity} == {
        "LOC": "New York",
        "ORG": " City",
        "PER": "",
    }
