"""Computing the vectors that a cache lacks: one process at a time, within a bound, kept as far as it went."""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import torch

from syntagma.encoders.cache.shard import SUFFIX, Rows, shard_bytes, write_shard
from syntagma.encoders.cache.store import VectorStore
from syntagma.encoders.encoder import Encoder
from syntagma.errors import ModelError, OutputError
from syntagma.text.view import View

SHARD_BYTES = 32_000_000
"""A file is written whenever so much has been computed; an interruption loses no more."""
BATCH_WORDS = 2000
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class DiskLimit:
    """How much a cache folder may hold, of all encoders together, and what must stay free on its disk."""

    most: int = 20_000_000_000
    """Bytes."""
    spare: int = 200_000_000
    """Bytes."""

    def check(self, folder: Path, needed: int) -> None:
        """Raises OutputError when so many more bytes would be too many, or nothing can be written at all."""
        _lock(folder).close()
        held = sum(path.stat().st_size for path in folder.glob(f"*/*{SUFFIX}"))
        if held + needed > self.most:
            raise OutputError(
                f"the cache would grow to {_size(held + needed)}, and its limit is {_size(self.most)}",
                where=str(folder),
                fix="Raise the limit, or delete folders there that are no longer needed",
            )
        free = shutil.disk_usage(folder).free
        if needed + self.spare > free:
            raise OutputError(
                f"the cache needs {_size(needed)} more and {_size(self.spare)} to spare, "
                f"and {_size(free)} are free on the disk",
                where=str(folder),
                fix="Free some space, or choose another folder",
            )


def lacking_bytes(store: VectorStore, views: Sequence[View]) -> int:
    """About how much the store would grow if it were filled with these views."""
    missing = store.missing(views)
    words = sum(len(view.words) for view in missing.values())
    return shard_bytes(len(missing), words, store.files.width) if missing else 0


def fill(
    store: VectorStore,
    encoder: Encoder,
    views: Sequence[View],
    *,
    limit: DiskLimit,
    progress: Callable[[int, int], None] = lambda done, total: None,
    waiting: Callable[[str], None] = lambda holder: None,
) -> int:
    """Compute and keep what the store lacks of these views; `progress` hears of words done and in all.

    While another process fills the same cache, this one waits, says for whom (`waiting`), and then computes only what
    is still lacking. Returns the number of words that were computed.

    Raises:
        OutputError: the bound or the disk would not suffice (before anything is computed), or writing fails.
    """
    if not store.missing(views):
        return 0
    with alone(store.cache, waiting):
        store.files.refresh()
        missing = store.missing(views)
        total = sum(len(view.words) for view in missing.values())
        limit.check(store.cache, shard_bytes(len(missing), total, store.files.width))
        prepare(store.files.path)
        _compute(store, encoder, missing, lambda done: progress(done, total))
        store.files.refresh()
    return total


def _compute(
    store: VectorStore, encoder: Encoder, missing: Mapping[bytes, View], progress: Callable[[int], None]
) -> None:
    texts: list[tuple[bytes, Rows]] = []
    held = done = 0
    started = time.monotonic()
    for batch in _batches(missing):
        fresh = _encode(encoder, batch, store)
        texts += fresh
        words = sum(len(rows) for _, rows in fresh)
        held, done = held + 2 * words * store.files.width, done + words
        progress(done)
        if held >= SHARD_BYTES:
            write_shard(store.files.path, texts, encoder=store.files.identity, seconds=time.monotonic() - started)
            texts, held, started = [], 0, time.monotonic()
    if texts:
        write_shard(store.files.path, texts, encoder=store.files.identity, seconds=time.monotonic() - started)


@torch.inference_mode()
def _encode(encoder: Encoder, batch: list[tuple[bytes, View]], store: VectorStore) -> list[tuple[bytes, Rows]]:
    encoder.eval()
    vectors = encoder([view for _, view in batch]).vectors.to("cpu", torch.float16).numpy()
    if not np.isfinite(vectors).all():
        raise ModelError(
            "its vectors are not numbers that half precision can hold", where=f"the encoder of {store.files.path}"
        )
    return [(key, vectors[row, : len(view.words)].copy()) for row, (key, view) in enumerate(batch)]


def _batches(missing: Mapping[bytes, View]) -> Iterator[list[tuple[bytes, View]]]:
    """Texts of like lengths together, the shortest first."""
    batch: list[tuple[bytes, View]] = []
    for key, view in sorted(missing.items(), key=lambda item: (len(item[1].words), item[0])):
        if batch and len(view.words) * (len(batch) + 1) > BATCH_WORDS:
            yield batch
            batch = []
        batch.append((key, view))
    yield batch


@contextmanager
def alone(folder: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of a cache folder, which the system lets go of when the process ends, however it ends."""
    with _lock(folder) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            waiting(stream.read().strip() or "another process")
            fcntl.flock(stream, fcntl.LOCK_EX)
        stream.truncate(0)
        stream.write(f"process {os.getpid()} on {platform.node()}")
        stream.flush()
        yield


def _lock(folder: Path) -> TextIO:
    """The file that is locked, which says who did it last."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / LOCK).open("a+")
    except OSError as error:
        raise OutputError(
            f"the cache cannot be written: {error.strerror}", where=str(folder), fix="Choose another folder"
        ) from error


def prepare(folder: Path) -> None:
    """Make a folder of the cache and clear what a killed process left half-written: nobody else is writing now."""
    try:
        folder.mkdir(exist_ok=True)
        for left in folder.glob("*.part"):
            left.unlink()
    except OSError as error:
        raise OutputError(f"the cache cannot be written: {error.strerror}", where=str(folder)) from error


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.2f} MB"
