"""Whatever the text: tokens cover it exactly, sentences cover the tokens, and both read the same twice."""

from __future__ import annotations

from hypothesis import given, strategies as st

from syntagma.text.segmentation import segment
from syntagma.text.sentence_splitter import MAXIMUM_SENTENCE_TOKENS
from syntagma.text.tokenizer import tokenize

ODD = (
    "👩\u200d👧🏽\ufe0f🇩🇪\u0301\u200b\ufeff\u200e\0\ud800\udc00\r\n\t \u2028\u3000’”…。漢かカ한א١$€½#@.-'!?():;_&/1aAé"
)
TEXTS = st.one_of(
    st.text(alphabet=st.characters()),
    st.text(alphabet=st.sampled_from(ODD), max_size=60),
    st.lists(
        st.sampled_from(
            ["U.S.", "etc.", "don't", "No.", "5pm", "e-mail", "a@b.com", "http://x.y/", ":)", "...", "\n", "I", "X."]
        )
    ).map(" ".join),
)


@given(TEXTS)
def test_every_visible_character_is_in_exactly_one_token(text: str) -> None:
    position = 0
    for token in tokenize(text):
        assert not text[position : token.start].strip()
        assert token.start < token.end
        assert text[token.start : token.end] == token.text
        assert not any(character.isspace() for character in token.text)
        position = token.end
    assert not text[position:].strip()


@given(TEXTS)
def test_sentences_hold_all_tokens_in_order(text: str) -> None:
    document = segment(text)
    assert document.tokens == tokenize(text)
    assert all(0 < len(sentence.tokens) <= MAXIMUM_SENTENCE_TOKENS for sentence in document.sentences)


@given(TEXTS)
def test_marks_never_begin_a_token_inside_a_stretch(text: str) -> None:
    for token in tokenize(text):
        if token.text[0] in "\u0301\u200d\ufe0f":
            assert token.start == 0 or text[token.start - 1].isspace()
