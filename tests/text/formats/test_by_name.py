from __future__ import annotations

import io
from pathlib import Path

import pytest

from syntagma.errors import DataError
from syntagma.text.formats import format_of, read_documents


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/train.conll", "conll"),
        ("x.IOB2", "conll"),
        ("wikigold.conll.txt", "conll"),
        ("t.tsv", "conll"),
        ("en.conllu", "conllu"),
        ("d.jsonl", "jsonl"),
        ("story.txt", "plain"),
        ("README", "plain"),
        ("emerging.test.annotated", "plain"),
    ],
)
def test_suffixes(path: str, expected: str) -> None:
    assert format_of(path) == expected


def test_reading_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.iob2"
    path.write_text("1\tRome\tB-LOC\t-\tme\n")
    [document] = read_documents(path)
    assert [span.label for span in document.entities] == ["LOC"]
    assert [document.text for document in read_documents(io.StringIO("a\nb"), by="line")] == ["a", "b"]


def test_unknown_formats_and_options() -> None:
    with pytest.raises(DataError, match=r"there is no format 'conl'\. Did you mean 'conll'\?"):
        read_documents("x", "conl")
    with pytest.raises(DataError, match=r"there is no format 'xml'\. Use one of: conll, conllu, jsonl, plain"):
        read_documents("x", "xml")
    with pytest.raises(DataError, match=r"the format 'plain' has no option 'types'\. It has: by, limit"):
        read_documents("x.txt", types={})
