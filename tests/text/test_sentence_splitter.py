"""The sentence splitter: final marks, closers, line ends, the limit."""

from __future__ import annotations

import pytest

from syntagma.text.segmentation import segment
from syntagma.text.sentence_splitter import MAXIMUM_SENTENCE_TOKENS


def sentences(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in segment(text).sentences]


@pytest.mark.parametrize(
    "expected",
    [
        ["It rains."],
        ["It rains.", "it pours.", "Why?", "because!"],
        ['"Go."', 'He said "Stop!" again.', "(Really.)", "Yes."],
        ["Mr. Smith met Dr. Who at 5 p.m. on Nov. 28 in the U.S. Senate.", "Then J. R. left."],
        ["We had tea, etc.", "Then we left."],
        ["Well... maybe not.", "Hmm...", "OK then."],
        ["Great!! :)", "See you 😀.", "Wow! 😀", "Next."],
        ["3. Tea", ],
        ["Am 3. oktober war es kalt.", "Danach nicht."],
        ["Version 2.5 of example.com is out.", "Get it."],
        ["これは文です。", "次の文。"],
        ["هل أنت هنا؟", "نعم"],
    ],
)  # fmt: skip
def test_final_marks(expected: list[str]) -> None:
    joint = "" if expected[0].startswith("こ") else " "
    assert sentences(joint.join(expected)) == expected


def test_blank_lines_always_end_a_sentence() -> None:
    assert sentences("one two\n\nthree\r\n \t\r\nfour\x0cfive\u2029six") == ["one two", "three", "four", "five", "six"]


def test_short_lines_are_sentences() -> None:
    assert sentences("Dear Ms. Lee\nthanks for this\n- milk\n- bread") == [
        "Dear Ms. Lee",
        "thanks for this",
        "- milk",
        "- bread",
    ]


def test_wrapped_lines_are_joined() -> None:
    text = (
        "This paragraph was wrapped by a machine at some sixty columns,\n"
        "so that its sentences go on from one line to the next without\n"
        "any regard for their ends. The last line\nof it is short"
    )
    assert sentences(text) == [
        text[: text.index("ends.") + 5],
        "The last line",
        "of it is short",
    ]


def test_list_items_begin_anew_in_a_wrapped_paragraph() -> None:
    text = (
        "- this item of a list was wrapped by a machine at about sixty\n"
        "  columns and it goes on here until the column is reached too\n"
        "- and this is another one of them with a line of equal length"
    )
    assert sentences(text) == [text[: text.index("\n- ")], text[text.index("- and") :]]


def test_lines_wider_than_a_page_are_paragraphs() -> None:
    line = "a tweet without any final mark " * 6
    assert len(sentences(f"{line}\n{line}\n{line}")) == 3


def test_a_giant_sentence_is_divided_and_nothing_is_lost() -> None:
    text = "word " * 700 + ", " + "word " * 1500
    document = segment(text)
    assert [len(sentence.tokens) for sentence in document.sentences] == [701, 1000, 500]
    assert max(len(sentence.tokens) for sentence in document.sentences) <= MAXIMUM_SENTENCE_TOKENS
    assert document.tokens[700].text == ","
    assert document.sentences[0].tokens[-1].text == ","


def test_segment_keeps_source_and_offset() -> None:
    document = segment("Hi.", source="a.txt", offset=7)
    assert (document.text, document.source, document.offset) == ("Hi.", "a.txt", 7)
    assert document.sentences[0].words == ["Hi", "."]


@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_blank_text_has_no_sentences(text: str) -> None:
    assert segment(text).sentences == []
    assert segment(text).text == text
