"""Records of a long job, kept one by one beside the place of its result, so that it can be gone on with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from syntagma.cli.exits import UsageError
from syntagma.errors import DataError, OutputError

Record = Mapping[str, Any]


class PartFile:
    """`OUT.part`: a line of JSON that says what job it belongs to, then one for each record.

    Args:
        output: where the result will be; nothing is written there.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(f"{output.name}.part")

    def check(self, *, resume: bool) -> None:
        """See before a long job whether its result can be written.

        Raises:
            OutputError: there is no such folder, or nothing may be written there.
            UsageError: a job was interrupted here, and nobody said to go on with it.
        """
        if not self.output.parent.is_dir():
            raise OutputError("could not be written: its folder does not exist", where=str(self.output))
        if not os.access(self.output.parent, os.W_OK):
            raise OutputError("could not be written: Permission denied", where=str(self.output))
        if self.path.exists() and not resume:
            raise UsageError(f"{self.path} is what an interrupted run has left: go on with --resume, or delete it")

    def begin(self, job: Record, *, group: int = 1) -> int:
        """Take up the records that are there, or make the file; how many records are kept.

        Args:
            job: what the records depend on.
            group: so many records belong together; an unfinished group is begun anew.

        Raises:
            UsageError: what is there belongs to another job.
            DataError: what is there is no such file.
        """
        if not self.path.exists() or not self.path.stat().st_size:
            with _told(self.path), self.path.open("wb") as stream:
                stream.write(_line(job))
            return 0
        with _told(self.path), self.path.open("rb+") as stream:
            self._compare(stream.readline(), job)
            places = [stream.tell()]
            for number, line in enumerate(stream, start=2):
                if line.endswith(b"\n"):
                    _record(line, f"{self.path}:{number}")
                    places.append(places[-1] + len(line))
            kept = (len(places) - 1) // group * group
            stream.truncate(places[kept])
        return kept

    @contextmanager
    def adding(self) -> Iterator[BinaryIO]:
        """The file, open for `add`."""
        with _told(self.path), self.path.open("ab") as stream:
            yield stream

    def add(self, stream: BinaryIO, record: Record) -> None:
        """Keep one record more: it is in the system's hands when this returns.

        Raises:
            OutputError: the disk is full.
        """
        with _told(self.path):
            stream.write(_line(record))
            stream.flush()

    def records(self) -> Iterator[Record]:
        """All that are kept, in order.

        Raises:
            DataError: a line is no record.
        """
        with self.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if number > 1:
                    yield _record(line, f"{self.path}:{number}")

    def remove(self) -> None:
        """The result is where it belongs, and the records are needed no more."""
        self.path.unlink()

    def _compare(self, line: bytes, job: Record) -> None:
        before = _record(line, f"{self.path}:1")
        job = json.loads(_line(job))
        different = [name for name in job if before.get(name) != job[name]]
        if different:
            changes = ", ".join(f"{name} was {before.get(name)!r} and is {job[name]!r}" for name in different)
            raise UsageError(f"{self.path} belongs to another run: {changes}. Run it as before, or delete the file")


def _line(record: Record) -> bytes:
    return (json.dumps(record, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def _record(line: bytes, where: str) -> Record:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise DataError("not what an interrupted run leaves", where=where, fix="Delete the file") from error
    if not isinstance(found, dict):
        raise DataError("not what an interrupted run leaves", where=where, fix="Delete the file")
    return found


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"could not be written: {error.strerror or error}", where=str(path)) from error
