"""The formats by their names, and the name that a file's suffix stands for."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

from syntagma.errors import DataError
from syntagma.text.document import Document
from syntagma.text.formats.conll import read_conll
from syntagma.text.formats.conllu import read_conllu
from syntagma.text.formats.jsonl import read_jsonl
from syntagma.text.formats.plain import read_plain
from syntagma.text.formats.reading import Source, source_name

FormatName: TypeAlias = Literal["conll", "conllu", "jsonl", "plain"]

FORMATS: Mapping[FormatName, Callable[..., Iterator[Document]]] = {
    "conll": read_conll,
    "conllu": read_conllu,
    "jsonl": read_jsonl,
    "plain": read_plain,
}
SUFFIXES: Mapping[str, FormatName] = {
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".tsv": "conll",
    ".conllu": "conllu",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
UNIVERSAL_NER_COLUMNS = ("-", "word", "ner", "-", "-")


def format_of(path: str | os.PathLike[str]) -> FormatName:
    """The format that a file's name stands for: by its suffix, or the one before `.txt`; else plain text."""
    suffixes = PurePath(path).suffixes
    while suffixes and suffixes[-1].lower() == ".txt":
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1].lower() if suffixes else "", "plain")


def read_documents(source: Source, format: str | None = None, **options: Any) -> Iterator[Document]:
    """Read documents in a format by its name, None for what the file's suffix says; a stream is plain text then.

    `options` are the keyword arguments of the format's reader. Files that end in `.iob2` and are read without
    `columns` have those of Universal NER: number, word, tag, and two more.

    Raises:
        DataError: no such format, an option that its reader does not have, or what the reader raises.
    """
    name = format or (format_of(source) if isinstance(source, (str, os.PathLike)) else "plain")
    reader = _reader(name)
    known = [option for option in inspect.signature(reader).parameters if option != "source"]
    for option in options:
        if option not in known:
            raise DataError(f"the format {name!r} has no option {option!r}", fix=f"It has: {', '.join(known)}")
    if name == "conll" and source_name(source).lower().endswith(".iob2") and options.get("columns") is None:
        options["columns"] = UNIVERSAL_NER_COLUMNS
    return reader(source, **options)


def _reader(name: str) -> Callable[..., Iterator[Document]]:
    for known, reader in FORMATS.items():
        if known == name:
            return reader
    near = get_close_matches(name, FORMATS, n=1)
    fix = f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(FORMATS)}"
    raise DataError(f"there is no format {name!r}", fix=fix)
