"""Sentences of which only the words are wanted: plain text, divided here, or files whose annotation is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syntagma.errors import DataError
from syntagma.learning.evaluation import unannotated
from syntagma.recipes.data import Source
from syntagma.recipes.datasets import resolve
from syntagma.text.document import Document, Sentence
from syntagma.text.formats import format_of, read_documents
from syntagma.text.segmentation import segment


def read_unlabelled(source: Source, folder: Path) -> list[Sentence]:
    """Every sentence of a source that has words, bare, at its place in its document.

    Raises:
        DataError: the file is missing or malformed, or has no sentence.
    """
    sentences: list[Sentence] = []
    for document in _segmented(source, folder):
        document.place_sentences()
        sentences += [unannotated(sentence) for sentence in document.sentences if sentence.tokens]
    if not sentences:
        raise DataError("holds no sentence", where=str(resolve(source.path, folder)))
    return sentences * source.repeat


def read_texts(source: Source, folder: Path) -> Iterator[str]:
    """Every sentence of a source as its words with a blank between them, one after another.

    Raises:
        DataError: the file is missing or malformed.
    """
    for document in _segmented(source, folder):
        for sentence in document.sentences:
            if sentence.tokens:
                yield " ".join(sentence.words)


def _segmented(source: Source, folder: Path) -> Iterator[Document]:
    """The documents of a source in sentences, their layers unread."""
    path = resolve(source.path, folder)
    name = source.format or format_of(path)
    options: dict[str, Any] = {}
    if name == "conll":
        columns = source.columns and ["word" if column == "word" else "-" for column in source.columns]
        options = {"layers": {}, "separator": source.separator} | ({"columns": columns} if columns else {})
    for document in read_documents(path, name, **options):
        yield document if document.sentences else segment(document.text)
