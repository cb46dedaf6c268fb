from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from syntagma.errors import DataError
from syntagma.text.formats import read_plain


def pieces(text: str, **options: object) -> list[str]:
    stream = io.BytesIO(text.encode())
    documents = list(read_plain(stream, **options))  # type: ignore[arg-type]
    for document in documents:
        assert text[document.offset :].startswith(document.text)
        assert document.sentences == []
        assert document.source == "<stream>"
    return [document.text for document in documents]


def test_a_file_is_one_document_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\r\nb\rc\n\n")
    [document] = read_plain(path)
    assert (document.text, document.source, document.offset) == ("a\r\nb\rc\n\n", str(path), 0)


def test_an_empty_file_is_an_empty_document() -> None:
    assert pieces("") == [""]
    assert pieces("", by="line") == []
    assert pieces(" \n ", by="paragraph") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aa\n\nbb\ncc dd", ["aa\n\n", "bb\ncc dd"]),
        ("aa bb\ncc dd", ["aa bb\n", "cc dd"]),
        ("aa bb cc dd", ["aa bb cc ", "dd"]),
        ("a" * 20 + " b", ["a" * 20 + " ", "b"]),
        ("aaaaaaaaa\r\nbbb", ["aaaaaaaaa\r\n", "bbb"]),
        ("aaaaaaaa\r\nbbb", ["aaaaaaaa\r\n", "bbb"]),
        ("aa\r\nbbbb\r\ncc", ["aa\r\nbbbb\r\n", "cc"]),
        (" " * 25, [" " * 10, " " * 10, " " * 5]),
        ("0123456789", ["0123456789"]),
    ],
)
def test_long_files_part_where_it_hurts_least(text: str, expected: list[str]) -> None:
    assert pieces(text, limit=10) == expected


def test_a_giant_word_stays_whole_up_to_two_million_characters() -> None:
    assert [len(piece) for piece in pieces("x" * 1_000_000 + "\nab")] == [1_000_001, 2]
    assert [len(piece) for piece in pieces("x" * 4_500_000)] == [2_000_000, 2_000_000, 500_000]


def test_lines_are_as_many_as_in_the_file() -> None:
    assert pieces("a\n\r\nb\rc", by="line") == ["a", "", "b", "c"]
    assert pieces("a\nb\n", by="line") == ["a", "b"]
    assert pieces("aaaa bbbb cccc\nd", by="line", limit=10) == ["aaaa bbbb ", "cccc", "d"]
    assert pieces("0123456789\n0123456789\r\n", by="line", limit=10) == ["0123456789"] * 2


def test_paragraphs_are_what_blank_lines_part() -> None:
    assert pieces("\n \n  a\nb\n\t\n\nc\r\n\r\nd\n", by="paragraph") == ["  a\nb", "c", "d"]
    assert pieces("aaaa\nbbbb\ncccc\n\nd", by="paragraph", limit=10) == ["aaaa\nbbbb\n", "cccc", "d"]
    assert pieces(" " * 200_000 + "\n\na", by="paragraph") == ["a"]


def test_wrong_options() -> None:
    with pytest.raises(DataError, match=r"text cannot be read by 'word'\. Read it by one of: file, paragraph, line"):
        pieces("a", by="word")
    with pytest.raises(DataError, match=r"the limit is 0 characters\. Give at least 1"):
        pieces("a", limit=0)


def test_memory_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("some words on a line\n" * 500_000)
    tracemalloc.start()
    try:
        assert sum(len(document.text) for document in read_plain(path)) == path.stat().st_size
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()
