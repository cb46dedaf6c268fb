"""The tokenizer: English conventions, scripts, emoji, odd input, and linear time."""

from __future__ import annotations

import pytest

from syntagma.text.tokenizer import tokenize


def words(text: str) -> list[str]:
    return [token.text for token in tokenize(text)]


@pytest.mark.parametrize(
    "expected",
    [
        "I do|n't think Google|'s search|-|engine sent an e-mail|.",
        "DO|N'T|!|  we|'ll see|, they|’re O'Brien|'s",
        "can|not go|, gon|na stay|, do|nt care|, I|m here",
        "non-profit pre-war al|-|Qaeda state|-|of|-|the|-|art career-wise",
        "see https://example.org/a?b=c#d|, (|www.example.com|) or mail a.b+c@example.co.uk|.",
        "@handle loves #hashtag|, #|1 :) :-( ;) <3 ^_^",
        "1,000.50 and $|5.5|m|, 50|% of £|20 at 7:30|PM on 11/28/2000 (|5pm|)".replace("|5pm", "|5|pm"),
        "713-853-3989 in 1980|-|1990|, the 20th of the 1970s|, '99",
        "The U.S. and Mr. Smith|, e.g. J. R. Smith of Foo Inc. here",
        "well|... no|.|. what|?!".replace("no|.|.", "no|.."),
        "AT&T and P&L w/o and|/|or he|/|she",
        "(|[|x|]|) \"|quoted|\" ``|old|'' --|dash|—|long",
        "report.pdf comp.sources.unix good|.|at Sushi|.|They",
        "foo_bar ____ **|bold|** ====",
    ],
)
def test_english_conventions(expected: str) -> None:
    assert words(expected.replace("|", "")) == expected.replace("|", " ").split()


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("No. 5", ["No.", "5"]),
        ("No. Never", ["No", ".", "Never"]),
        ("tea, etc. Then", ["tea", ",", "etc", ".", "Then"]),
        ("tea, etc. are", ["tea", ",", "etc.", "are"]),
        ("at 5 p.m. Then", ["at", "5", "p.m", ".", "Then"]),
        ("Plan B.", ["Plan", "B", "."]),
        ("B. Smith", ["B.", "Smith"]),
        ("the U.S.", ["the", "U.S."]),
        ("Foo Inc.\n\nBar", ["Foo", "Inc", ".", "Bar"]),
        ("Mr.\nSmith", ["Mr.", "Smith"]),
    ],
)
def test_what_follows_decides_about_an_abbreviations_stop(text: str, last: list[str]) -> None:
    assert words(text) == last


@pytest.mark.parametrize(
    "sequence",
    [
        "👩‍👩‍👧‍👦",
        "👍🏽",
        "🏳️‍🌈",
        "🇩🇪",
        "❤️",
        "1️⃣",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "é",
        "नमस्ते",
        "می‌خواهم",
    ],
)
def test_sequences_of_code_points_stay_together(sequence: str) -> None:
    assert words(f"so {sequence} and({sequence})") == ["so", sequence, "and", "(", sequence, ")"]


def test_emoji_part_from_words_and_from_each_other() -> None:
    assert words("wow😀😀🇩🇪🇫🇷!") == ["wow", "😀", "😀", "🇩🇪", "🇫🇷", "!"]


def test_scripts() -> None:
    assert words("漢字かなカナ。") == ["漢字", "かな", "カナ", "。"]
    assert words("مرحبا، بالعالم؟") == ["مرحبا", "،", "بالعالم", "؟"]
    assert words("Привет-мир 한국어를") == ["Привет", "-", "мир", "한국어를"]


def test_marks_without_a_base_stay_with_what_is_before() -> None:
    assert words('"\u0301a') == ['"\u0301', "a"]
    assert words("\u0301") == ["\u0301"]


@pytest.mark.parametrize("text", ["", " ", "\t\r\n\u3000\u2028"])
def test_blank_text_has_no_tokens(text: str) -> None:
    assert tokenize(text) == []


def test_odd_code_points() -> None:
    assert words("a\0b \ud800 \ud83d\ude00x \u200b \ufeffhi") == [
        "a", "\0", "b", "\ud800", "\ud83d\ude00", "x", "\u200b", "\ufeff", "hi",
    ]  # fmt: skip


def test_offsets_survive_line_ends() -> None:
    text = "a\r\nb \x0b c"
    assert [(token.start, token.end) for token in tokenize(text)] == [(0, 1), (3, 4), (7, 8)]


@pytest.mark.timeout(60)  # linear time needs a second or two; a pattern that backtracks would need hours
@pytest.mark.parametrize("unit", ["a", "é", "\0", "!", "=", "漢", "\u0301", "7", "🤖‍"])
def test_a_word_of_a_million_characters(unit: str) -> None:
    text = (unit * 1_000_000)[:1_000_000]
    assert sum(len(token.text) for token in tokenize(text)) == len(text)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["a-", "a.", "a@", "1,", "1-2/", "www.)", "('", "a&", "n't", ":)", "_a", ".a-"])
def test_no_pattern_backtracks(unit: str) -> None:
    text = " ".join([(unit * 500)[:990]] * 20) + unit * 100_000
    assert sum(len(token.text) for token in tokenize(text)) == len(text.replace(" ", ""))
