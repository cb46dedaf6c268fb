"""Files and folders that appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from syntagma.errors import OutputError


@contextmanager
def replace_file(path: str | Path) -> Iterator[TextIO]:
    """Open a file that takes its name only when the block ends without an error; UTF-8, `\\n` line ends.

    Raises:
        OutputError: the folder does not exist, is not writable, or the disk is full. Nothing is left behind.
    """
    target = Path(path)
    with _as_output_error(target):
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.fchmod(handle, 0o644)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def replace_folder(path: str | Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes its name (replacing an older one) only when the block ends well.

    Raises:
        OutputError: the parent cannot be written or the disk is full. The older folder, if any, stays as it was.
    """
    target = Path(path)
    with _as_output_error(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        fresh.chmod(0o755)
        try:
            yield fresh
            if target.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
                os.replace(target, old / target.name)
                os.replace(fresh, target)
                shutil.rmtree(old)
            else:
                os.replace(fresh, target)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it, if it is not there. Raises OutputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"could not be made: {reason}", where=str(path), fix="Choose another folder") from error


@contextmanager
def _as_output_error(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"could not be written: {reason}", where=str(target), fix="Nothing was changed") from error
