"""Where documents go: standard output or a file, as a table, JSON lines or CoNLL-U."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from syntagma.atomic import replace_file
from syntagma.cli.exits import ClosedOutput
from syntagma.errors import OutputError

if TYPE_CHECKING:
    from syntagma.text.document import Document

Kind = Literal["table", "json", "conllu"]
_SUFFIXES: dict[str, Kind] = {".jsonl": "json", ".json": "json", ".conllu": "conllu"}


def kind_of(path: Path | None) -> Kind:
    """What a file's name asks for; a table where it asks for nothing."""
    return _SUFFIXES.get(path.suffix.lower(), "table") if path else "table"


@contextmanager
def text_output(path: Path | None) -> Iterator[TextIO]:
    """A file that appears whole or not at all, or standard output."""
    if path is None:
        with standard_output() as stream:
            yield stream
    else:
        with replace_file(path) as file:
            yield file


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Standard output, in UTF-8 whatever the locale says, and flushed at the end.

    It must be the innermost of several outputs, or its errors are taken for those of another.

    Raises:
        ClosedOutput: the reader has gone.
        OutputError: it cannot be written, for instance because it goes to a file and the disk is full.
    """
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:
        raise ClosedOutput from None
    except OSError as error:
        raise OutputError(f"could not be written: {error.strerror or error}", where="standard output") from error


def writer(kind: Kind, *, trees: bool | None = None) -> Callable[[Iterable[Document], TextIO], None]:
    """The function that writes documents in this way, one after the other as they come.

    Of a table `trees` says whether trees are drawn; by default those of short documents are.
    """
    from syntagma.text.formats import write_conllu, write_jsonl

    if kind == "table":
        return partial(_write_table, trees=trees)
    return write_jsonl if kind == "json" else write_conllu


def _write_table(documents: Iterable[Document], stream: TextIO, *, trees: bool | None) -> None:
    from rich.console import Console

    from syntagma.pipeline.rendering import print_document

    console = Console(file=stream)
    for document in documents:
        print_document(document, console, trees=trees)
