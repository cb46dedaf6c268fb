"""Sentences of which only the words are wanted: plain text, divided here, or files whose annotation is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syntagma.errors import DataError
from syntagma.learning.evaluation import unannotated
from syntagma.recipes.data import Source
from syntagma.recipes.datasets import resolve
from syntagma.text.document import Sentence
from syntagma.text.formats import format_of, read_documents
from syntagma.text.segmentation import segment


def read_unlabelled(source: Source, folder: Path) -> list[Sentence]:
    """Every sentence of a source that has words, bare, at its place in its document.

    Raises:
        DataError: the file is missing or malformed, or has no sentence.
    """
    path = resolve(source.path, folder)
    name = source.format or format_of(path)
    options: dict[str, Any] = {}
    if name == "conll":
        columns = source.columns and ["word" if column == "word" else "-" for column in source.columns]
        options = {"layers": {}, "separator": source.separator} | ({"columns": columns} if columns else {})
    sentences: list[Sentence] = []
    for document in read_documents(path, name, **options):
        whole = document if document.sentences else segment(document.text)
        whole.place_sentences()
        sentences += [unannotated(sentence) for sentence in whole.sentences if sentence.tokens]
    if not sentences:
        raise DataError("holds no sentence", where=str(path))
    return sentences * source.repeat
