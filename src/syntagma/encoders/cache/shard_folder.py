"""All files of one cached thing, found by key: those in its folder, where another process may add further ones."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from syntagma.encoders.cache.shard import SUFFIX, Place, Rows, Shard


class ShardFolder(Container[bytes]):
    """The rows of one encoder, or of one group of teachers, by the key of the text.

    Args:
        folder: of the cache, for all that is kept there.
        identity: the fingerprint of everything that the rows depend on besides the text.
        width: of a row.
    """

    def __init__(self, folder: Path, identity: str, width: int) -> None:
        self.path = folder / identity[:32]
        self.identity = identity
        self.width = width
        self._shards: dict[Path, Shard] = {}
        self._places: dict[bytes, tuple[Shard, Place]] = {}
        self._checked: set[bytes] = set()
        self.refresh()

    def refresh(self) -> None:
        """Take in files that were written since. Raises ModelError for a damaged one."""
        for path in sorted(self.path.glob(f"*{SUFFIX}")):
            if path not in self._shards:
                shard = Shard(path, encoder=self.identity, width=self.width)
                self._shards[path] = shard
                self._places |= {key: (shard, place) for key, place in shard.places.items()}

    def __contains__(self, key: object) -> bool:
        """Whether there are rows of this key."""
        return key in self._places

    def read(self, key: bytes) -> Rows:
        """The rows of a key that is there, `[rows, width]`; compared with their checksum the first time.

        Raises:
            ModelError: they are not the ones that were written.
        """
        shard, place = self._places[key]
        if key in self._checked:
            return shard.rows[place.first : place.first + place.words]
        rows = shard.read(place)
        self._checked.add(key)
        return rows

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(len(shard.rows) for shard in self._shards.values())

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self._shards)

    @property
    def seconds(self) -> float:
        """How long all that is here took to compute."""
        return sum(shard.seconds for shard in self._shards.values())
