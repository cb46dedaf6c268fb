"""Opening text safely: UTF-8 in bounded memory; a clear message where a file is missing, binary or not UTF-8."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from syntagma.errors import DataError

Source: TypeAlias = str | os.PathLike[str] | IO[bytes] | IO[str]
"""A path, or an open stream of bytes or of text. A stream is read to its end and left open."""

BLOCK = 1 << 20
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def source_name(source: Source) -> str:
    """The name for messages and for `Document.source`: the path, `-` for standard input, or the stream's own name."""
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    name = getattr(source, "name", None)
    if name in ("<stdin>", 0):
        return "-"
    return name if isinstance(name, str) else "<stream>"


def read_blocks(source: Source) -> Iterator[str]:
    """The decoded text in blocks of about a million characters, line ends untouched, a byte order mark left out.

    Raises:
        DataError: the file is missing, a folder, unreadable, binary (it holds NUL bytes), or not UTF-8.
    """
    name = source_name(source)
    with _opened(source, name) as stream:
        first = stream.read(BLOCK)
        blocks = _decoded(stream, first, name) if isinstance(first, bytes) else _read_text(stream, first)
        line = 1
        for block in blocks:
            if "\0" in block:
                line += block.count("\n", 0, block.index("\0"))
                raise DataError(
                    "a NUL character: this is no text file", where=f"{name}:{line}", fix="Give a text file in UTF-8"
                )
            yield block
            line += block.count("\n")


def read_lines(source: Source) -> Iterator[str]:
    """The lines, each with the `\\n` that ends it (the last may have none); only `\\n` ends a line.

    Raises:
        DataError: as `read_blocks`.
    """
    unfinished: list[str] = []
    for block in read_blocks(source):
        head, *rest = block.split("\n")
        unfinished.append(head)
        if rest:
            yield "".join(unfinished) + "\n"
            unfinished = [rest.pop()]
            for line in rest:
                yield line + "\n"
    if last := "".join(unfinished):
        yield last


@contextmanager
def _opened(source: Source, name: str) -> Iterator[IO[bytes] | IO[str]]:
    if not isinstance(source, (str, os.PathLike)):
        yield source
        return
    try:
        stream = Path(source).open("rb")  # noqa: SIM115 - the `with` below closes it; errors inside it are not ours
    except (OSError, ValueError) as error:
        raise DataError(_reason(error), where=name) from error
    with stream:
        yield stream


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not a file"
    return f"cannot be opened: {getattr(error, 'strerror', None) or error}"


def _decoded(stream: IO[bytes] | IO[str], first: bytes, name: str) -> Iterator[str]:
    if first.startswith(UTF16_MARKS):
        fix = f"Convert it: iconv -f UTF-16 -t UTF-8 '{name}' > text.utf8"
        raise DataError("the text is encoded in UTF-16, not UTF-8", where=name, fix=fix)
    waiting = first.removeprefix(codecs.BOM_UTF8)
    position, line = len(first) - len(waiting), 1
    final = not first
    while True:
        try:
            text, used = codecs.utf_8_decode(waiting, "strict", final)
        except UnicodeDecodeError as error:
            line += waiting.count(b"\n", 0, error.start)
            raise _undecodable(name, line, position + error.start, waiting[error.start]) from error
        if text:
            yield text
        if final:
            return
        line += waiting.count(b"\n", 0, used)
        position += used
        block = stream.read(BLOCK)
        assert isinstance(block, bytes)
        waiting, final = waiting[used:] + block, not block


def _undecodable(name: str, line: int, position: int, byte: int) -> DataError:
    return DataError(
        f"byte {position} (0x{byte:02x}) is not UTF-8: the file is binary or in another encoding",
        where=f"{name}:{line}",
        fix=f"If it is text, convert it: iconv -f LATIN1 -t UTF-8 '{name}' > text.utf8",
    )


def _read_text(stream: IO[bytes] | IO[str], first: str) -> Iterator[str]:
    block = first.removeprefix("\ufeff")
    while block:
        yield block
        following = stream.read(BLOCK)
        assert isinstance(following, str)
        block = following
