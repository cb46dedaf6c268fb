"""All kept vectors of one encoder, found by text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from syntagma.encoders.cache.shard import KEY_BYTES, Rows
from syntagma.encoders.cache.shard_folder import ShardFolder
from syntagma.errors import ModelError
from syntagma.text.view import View


class VectorStore:
    """The vectors of one encoder on disk, a row a word.

    Args:
        folder: of the cache, for all encoders.
        encoder: the encoder's fingerprint.
        width: of its vectors.
        around: whether a text is told apart by the words around it too.
    """

    def __init__(self, folder: Path, encoder: str, width: int, *, around: bool) -> None:
        self.cache = folder
        self.files = ShardFolder(folder, encoder, width)
        self.around = around

    def key(self, view: View) -> bytes:
        """The digest of all that the encoder reads of a view."""
        read = [list(view.words), [list(words) for words in view.context]]
        if self.around:
            read += [list(view.before), list(view.after)]
        return hashlib.blake2b(json.dumps(read).encode(), digest_size=KEY_BYTES).digest()

    def missing(self, views: Iterable[View]) -> dict[bytes, View]:
        """The views without vectors, each once."""
        found = {self.key(view): view for view in views}
        return {key: view for key, view in found.items() if key not in self.files}

    def read(self, view: View) -> Rows:
        """The vectors of a view's own words, `[words, width]` (float16).

        Raises:
            ModelError: they are missing, damaged, or not as many as there are words.
        """
        key = self.key(view)
        if key not in self.files:
            raise ModelError(
                f"there are no vectors for the text {' '.join(view.words)[:60]!r}",
                where=str(self.files.path),
                fix="Texts must be put into the cache before they are read from it",
            )
        rows = self.files.read(key)
        if len(rows) != len(view.words):
            raise ModelError(f"{len(rows)} vectors for {len(view.words)} words", where=str(self.files.path))
        return rows
