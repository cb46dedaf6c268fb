"""The targets of one group of teachers on disk, found by sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from syntagma.encoders.cache.shard import KEY_BYTES, SUFFIX, Place, Shard, write_shard
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
    """Records of sentences, memory-mapped: the files in `folder/<digest>`, written as those of the vector cache are.

    A record is several lists of cells, one for each layer and objective; a file keeps cells as rows of width 1.

    Args:
        folder: of the cache, for all targets.
        identity: the fingerprint of everything that targets depend on besides the sentence.
        lists: how many lists a record has.
    """

    def __init__(self, folder: Path, identity: str, lists: int) -> None:
        self.cache = folder
        self.folder = folder / identity[:32]
        self.identity = identity
        self.lists = lists
        self._shards: dict[Path, Shard] = {}
        self._places: dict[bytes, tuple[Shard, Place]] = {}
        self._checked: set[bytes] = set()
        self.refresh()

    def refresh(self) -> None:
        """Take in files that were written since. Raises ModelError for a damaged one."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if path not in self._shards:
                shard = Shard(path, encoder=self.identity, width=1)
                self._shards[path] = shard
                self._places |= {key: (shard, place) for key, place in shard.places.items()}

    def missing(self, sentences: Iterable[Sentence]) -> dict[bytes, Sentence]:
        """The sentences without targets, each once."""
        found = {sentence_key(sentence): sentence for sentence in sentences}
        return {key: sentence for key, sentence in found.items() if key not in self._places}

    def write(self, records: Sequence[tuple[bytes, Sequence[Cells]]], seconds: float) -> None:
        """Add a file with these records. Raises OutputError."""
        rows = [(key, _joined(lists).view(np.float16).reshape(-1, 1)) for key, lists in records]
        write_shard(self.folder, rows, encoder=self.identity, seconds=seconds)

    def read(self, key: bytes) -> list[Cells]:
        """The lists of a sentence's record.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        if key not in self._places:
            raise ModelError(
                "a sentence has no targets", where=str(self.folder), fix="Prepare the targets of all sentences first"
            )
        shard, place = self._places[key]
        if key in self._checked:
            rows = shard.rows[place.first : place.first + place.words]
        else:
            rows = shard.read(place)
            self._checked.add(key)
        return _parted(np.asarray(rows).reshape(-1).view(np.uint16), self.lists)

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self._shards)

    @property
    def seconds(self) -> float:
        """How long the teachers took for all that is here."""
        return sum(shard.seconds for shard in self._shards.values())


def _joined(lists: Sequence[Cells]) -> Cells:
    sizes = np.array([len(cells) for cells in lists], "<u4").view(np.uint16)
    return np.concatenate([sizes, *lists])


def _parted(cells: Cells, lists: int) -> list[Cells]:
    ends = 2 * lists + np.cumsum(cells[: 2 * lists].copy().view("<u4"), dtype=np.int64)
    return np.split(cells, [2 * lists, *ends.tolist()])[1:-1]
