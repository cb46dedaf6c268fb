from __future__ import annotations

import io
from pathlib import Path

import pytest

from syntagma.errors import DataError
from syntagma.text.formats import reading
from syntagma.text.formats.reading import read_blocks, read_lines, source_name


def test_lines_keep_their_ends_and_only_newline_parts_them() -> None:
    text = "a\r\nb\u2028c\x85d\rE\n\nlast"
    assert list(read_lines(io.BytesIO(text.encode()))) == ["a\r\n", "b\u2028c\x85d\rE\n", "\n", "last"]
    assert list(read_lines(io.StringIO(text, newline=""))) == ["a\r\n", "b\u2028c\x85d\rE\n", "\n", "last"]


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bom.txt"
    path.write_bytes(b"\xef\xbb\xbfhallo")
    assert list(read_blocks(path)) == ["hallo"]


def test_characters_across_blocks_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "aé€😀\n" * 7
    for size in range(1, 9):
        monkeypatch.setattr(reading, "BLOCK", size)
        assert "".join(read_blocks(io.BytesIO(text.encode()))) == text
        assert list(read_lines(io.BytesIO(text.encode()))) == ["aé€😀\n"] * 7


def test_a_stream_is_left_open_and_named() -> None:
    stream = io.BytesIO(b"a\n")
    assert list(read_lines(stream)) == ["a\n"]
    assert not stream.closed
    assert source_name(stream) == "<stream>"


@pytest.mark.parametrize("block", [1 << 20, 3])
def test_another_encoding_names_line_and_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(reading, "BLOCK", block)
    path = tmp_path / "latin.txt"
    path.write_bytes("gut\nschön\n".encode("latin-1"))
    with pytest.raises(DataError) as caught:
        list(read_lines(path))
    message = str(caught.value)
    assert message.startswith(f"{path}:2: byte 7 (0xf6) is not UTF-8")
    assert "iconv -f LATIN1" in message


def test_an_unfinished_character_at_the_end_is_an_error() -> None:
    with pytest.raises(DataError, match=r"<stream>:1: byte 2 \(0xe2\) is not UTF-8"):
        list(read_blocks(io.BytesIO(b"ab\xe2\x82")))


def test_utf16_is_told_by_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "wide.txt"
    path.write_bytes("text".encode("utf-16"))
    with pytest.raises(DataError, match=r"UTF-16, not UTF-8\. Convert it: iconv -f UTF-16"):
        list(read_blocks(path))


def test_a_binary_file_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"one\ntwo\0three")
    with pytest.raises(DataError, match=rf"{path}:2: a NUL character: this is no text file"):
        list(read_lines(path))


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.txt: no such file"):
        list(read_blocks(tmp_path / "nowhere.txt"))
    with pytest.raises(DataError, match="this is a folder, not a file"):
        list(read_blocks(tmp_path))
    with pytest.raises(DataError, match="cannot be opened"):
        list(read_blocks("odd\0name"))
