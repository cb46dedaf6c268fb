"""The targets of one group of teachers on disk, found by sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from syntagma.encoders.cache.shard import KEY_BYTES, write_shard
from syntagma.encoders.cache.shard_folder import ShardFolder
from syntagma.errors import ModelError
from syntagma.learning.distillation.tables import Cells
from syntagma.text.document import Sentence
from syntagma.text.view import view_of


def sentence_key(sentence: Sentence) -> bytes:
    """The digest of all that a teacher may read: the words, and those around them in their document."""
    view = view_of(sentence)
    read = [list(view.words), [list(words) for words in view.context], list(view.before), list(view.after)]
    return hashlib.blake2b(json.dumps(read).encode(), digest_size=KEY_BYTES).digest()


class TargetStore:
    """Records of sentences, memory-mapped, in files like those of the vector cache.

    A record is several lists of cells, one for each layer and objective; a file keeps cells as rows of width 1.

    Args:
        folder: of the cache, for all targets.
        identity: the fingerprint of everything that targets depend on besides the sentence.
        lists: how many lists a record has.
    """

    def __init__(self, folder: Path, identity: str, lists: int) -> None:
        self.cache = folder
        self.files = ShardFolder(folder, identity, width=1)
        self.lists = lists

    def missing(self, sentences: Iterable[Sentence]) -> dict[bytes, Sentence]:
        """The sentences without targets, each once."""
        found = {sentence_key(sentence): sentence for sentence in sentences}
        return {key: sentence for key, sentence in found.items() if key not in self.files}

    def write(self, records: Sequence[tuple[bytes, Sequence[Cells]]], seconds: float) -> None:
        """Add a file with these records. Raises OutputError."""
        rows = [(key, _joined(lists).view(np.float16).reshape(-1, 1)) for key, lists in records]
        write_shard(self.files.path, rows, encoder=self.files.identity, seconds=seconds)

    def read(self, key: bytes) -> list[Cells]:
        """The lists of a sentence's record.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        if key not in self.files:
            raise ModelError(
                "a sentence has no targets",
                where=str(self.files.path),
                fix="Prepare the targets of all sentences first",
            )
        return _parted(np.asarray(self.files.read(key)).reshape(-1).view(np.uint16), self.lists)


def _joined(lists: Sequence[Cells]) -> Cells:
    sizes = np.array([len(cells) for cells in lists], "<u4").view(np.uint16)
    return np.concatenate([sizes, *lists])


def _parted(cells: Cells, lists: int) -> list[Cells]:
    ends = 2 * lists + np.cumsum(cells[: 2 * lists].copy().view("<u4"), dtype=np.int64)
    return np.split(cells, [2 * lists, *ends.tolist()])[1:-1]
