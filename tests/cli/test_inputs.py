from __future__ import annotations

from pathlib import Path

import pytest

from syntagma.cli.inputs import parse_inputs
from syntagma.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Berlin",
        "U.S.",
        "google.com",
        "Read notes.txt and come back.",
        "See my notes.txt",
        "either and/or neither of them",
        "https://example.org/a.txt",
        "line one\n/usr/bin",
        "x" * 100_000,
    ],
)
def test_text(text: str) -> None:
    (found,) = parse_inputs([text])
    assert (found.text, found.path) == (text, None)


@pytest.mark.parametrize(
    "path", ["a.txt", "A.TXT", "folder/a", "./a", "/a b", "~/x y", "../a", "my folder/a.conll", "*.jsonl", "and/or"]
)
def test_what_looks_like_a_path_must_exist(path: str) -> None:
    with pytest.raises(DataError, match="no such file"):
        parse_inputs([path])


def test_what_exists_is_a_file_whatever_it_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Berlin").write_text("x€", encoding="utf-8")
    (found,) = parse_inputs(["Berlin"])
    assert found.path == Path("Berlin")
    assert found.size == 4
