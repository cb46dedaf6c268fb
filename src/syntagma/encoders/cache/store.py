"""All kept vectors of one encoder, found by text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from syntagma.encoders.cache.shard import KEY_BYTES, SUFFIX, Place, Rows, Shard
from syntagma.errors import ModelError
from syntagma.text.view import View


class VectorStore:
    """The files of one encoder: those in `folder/<digest>`, where another process may add further ones.

    Args:
        folder: of the cache, for all encoders.
        encoder: the encoder's fingerprint.
        width: of its vectors.
        around: whether a text is told apart by the words around it too.
    """

    def __init__(self, folder: Path, encoder: str, width: int, *, around: bool) -> None:
        self.cache = folder
        self.folder = folder / encoder[:32]
        self.encoder = encoder
        self.width = width
        self.around = around
        self._shards: dict[Path, Shard] = {}
        self._places: dict[bytes, tuple[Shard, Place]] = {}
        self._checked: set[bytes] = set()
        self.refresh()

    def refresh(self) -> None:
        """Take in files that were written since. Raises ModelError for a damaged one."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if path not in self._shards:
                shard = Shard(path, encoder=self.encoder, width=self.width)
                self._shards[path] = shard
                self._places |= {key: (shard, place) for key, place in shard.places.items()}

    def key(self, view: View) -> bytes:
        """The digest of all that the encoder reads of a view."""
        read = [list(view.words), [list(words) for words in view.context]]
        if self.around:
            read += [list(view.before), list(view.after)]
        return hashlib.blake2b(json.dumps(read).encode(), digest_size=KEY_BYTES).digest()

    def missing(self, views: Iterable[View]) -> dict[bytes, View]:
        """The views without vectors, each once."""
        found = {self.key(view): view for view in views}
        return {key: view for key, view in found.items() if key not in self._places}

    def read(self, view: View) -> Rows:
        """The vectors of a view's own words, `[words, width]` (float16).

        Raises:
            ModelError: they are missing, damaged, or not as many as there are words.
        """
        key = self.key(view)
        if key not in self._places:
            raise ModelError(
                f"there are no vectors for the text {' '.join(view.words)[:60]!r}",
                where=str(self.folder),
                fix="Texts must be put into the cache before they are read from it",
            )
        shard, place = self._places[key]
        if place.words != len(view.words):
            raise ModelError(f"{place.words} vectors for {len(view.words)} words", where=str(shard.path))
        if key in self._checked:
            return shard.rows[place.first : place.first + place.words]
        rows = shard.read(place)
        self._checked.add(key)
        return rows

    @property
    def words(self) -> int:
        """How many words have vectors."""
        return sum(len(shard.rows) for shard in self._shards.values())

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(path.stat().st_size for path in self._shards)

    @property
    def seconds(self) -> float:
        """How long the encoder took for all that is here."""
        return sum(shard.seconds for shard in self._shards.values())
