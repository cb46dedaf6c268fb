from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from syntagma.cli.outputs import Kind, kind_of, writer
from syntagma.text.document import Document
from syntagma.text.segmentation import segment


@pytest.mark.parametrize("kind", ["table", "json", "conllu"])
def test_each_document_is_written_before_the_next_is_asked_for(kind: Kind) -> None:
    stream = io.StringIO()
    written = []

    def documents() -> Iterator[Document]:
        for number in range(4):
            written.append(stream.tell())
            yield segment(f"Document {number}.")

    writer(kind)(documents(), stream)
    assert written == sorted(set(written))


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jsonl", "json"), ("a.JSON", "json"), ("a.conllu", "conllu"), ("a", "table")]
)
def test_the_suffix_says_the_kind(name: str, kind: Kind) -> None:
    assert kind_of(Path(name)) == kind
    assert kind_of(None) == "table"
