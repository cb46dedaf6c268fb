"""What the arguments of a verb stand for: files, standard input, or text written on the command line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from syntagma.cli.exits import UsageError
from syntagma.errors import DataError

if TYPE_CHECKING:
    from syntagma.text.document import Document

By = Literal["file", "paragraph", "line"]
Format = Literal["plain", "conll", "conllu", "jsonl"]

STANDARD_INPUT = "-"
_STARTS = ("/", "./", "../", "~/")
_SUFFIXES = (
    *(".txt", ".text", ".md", ".rst", ".log", ".csv", ".tsv", ".json", ".jsonl", ".conll", ".conllu", ".iob2", ".bio"),
    *(".html", ".htm", ".xml", ".pdf", ".doc", ".docx", ".gz", ".zip"),
)


@dataclass(frozen=True, slots=True)
class Input:
    """One argument: a file, standard input (`path` is `-`), or, with `path` None, the text itself."""

    text: str
    path: Path | None = None

    @property
    def size(self) -> int | None:
        """Size in bytes, where it is known before reading."""
        if self.path is None:
            return len(self.text.encode())
        return self.path.stat().st_size if self.path.is_file() else None


def parse_inputs(arguments: Sequence[str]) -> list[Input]:
    """Tell files from text, and find every missing file before any work begins.

    Raises:
        DataError: a folder, or an argument that looks like a path and is none; text that is not valid UTF-8.
        UsageError: standard input given twice.
    """
    if arguments.count(STANDARD_INPUT) > 1:
        raise UsageError("standard input (-) can be given only once")
    return [_parse(argument) for argument in arguments]


def read_inputs(inputs: Sequence[Input], *, format: Format | None, by: By) -> Iterator[Document]:
    """The documents of all inputs, in order, read as they are asked for. `by` divides plain text only."""
    for each in inputs:
        yield from _read(each, format, by)


def _parse(argument: str) -> Input:
    if argument == STANDARD_INPUT:
        return Input(argument, Path(argument))
    # os.path and not Path, whose answer to a text too long for a file name is an error
    if os.path.isdir(argument):
        raise DataError("this is a folder", where=argument, fix="Name the files in it")
    if os.path.exists(argument):
        return Input(argument, Path(argument))
    if _looks_like_path(argument):
        fix = "If it is meant as text, pass it on standard input: echo TEXT | syntagma annotate -"
        raise DataError("no such file", where=argument, fix=fix)
    try:
        argument.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"a text on the command line is not UTF-8 at its character {error.start}") from None
    return Input(argument)


def _looks_like_path(argument: str) -> bool:
    """Whether somebody who writes this means a file: it starts like a path, or ends in a file's suffix, or is `a/b`."""
    if "\n" in argument or "://" in argument:
        return False
    words = argument.split()
    lonely = len(words) == 1 and "/" in argument
    named = argument.lower().endswith(_SUFFIXES) and (len(words) == 1 or "/" in argument)
    return argument.startswith(_STARTS) or named or lonely


def _read(each: Input, format: Format | None, by: By) -> Iterator[Document]:
    from syntagma.text.document import Document
    from syntagma.text.formats import format_of, read_documents, read_plain

    if each.path is None:
        pieces = read_plain(io.StringIO(each.text, newline=""), by=by) if by != "file" else [Document(each.text)]
        for piece in pieces:
            piece.source = None
            yield piece
        return
    stdin = each.text == STANDARD_INPUT
    chosen = format or ("plain" if stdin else format_of(each.path))
    yield from read_documents(sys.stdin.buffer if stdin else each.path, chosen, **_options(chosen, by))


def _options(format: Format, by: By) -> dict[str, Any]:
    """Plain text in the wanted pieces; of annotated files the words alone, for the labels will be the model's."""
    if format == "plain":
        return {"by": by}
    return {} if format == "conllu" else {"layers": {}}
