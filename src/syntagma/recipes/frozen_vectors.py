"""The vectors of frozen encoders, computed once for all models that are trained over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from syntagma.encoders.cache import Cached, DiskLimit, fill, is_cacheable, lacking_bytes
from syntagma.encoders.cache_folder import cache_folder
from syntagma.encoders.encoder import Encoder
from syntagma.recipes.caching import Caching
from syntagma.recipes.datasets import resolve
from syntagma.text.view import View


class CacheProgress(Protocol):
    """Hears how the filling of the cache goes."""

    def caching(self, name: str, done: int, total: int) -> None:
        """So many words of all have the vectors of this encoder."""
        ...

    def waiting(self, name: str, holder: str) -> None:
        """This encoder's vectors must wait until the holder of the cache has filled it."""
        ...


class FrozenVectors:
    """Those encoders of a recipe that never change and are dear to compute, and their vectors on disk.

    `members` are encoders by name; the others among them are left alone. `folder` is the recipe's.
    """

    def __init__(self, settings: Caching, folder: Path, members: Mapping[str, Encoder]) -> None:
        self.folder = resolve(settings.cache, folder) if settings.cache else cache_folder() / "vectors"
        self.limit = DiskLimit(most=round(1e9 * settings.cache_gigabytes))
        self.encoders = {name: member for name, member in members.items() if is_cacheable(member)}
        self.cached = {name: Cached.of(member, self.folder) for name, member in self.encoders.items()}

    @property
    def identity(self) -> dict[str, str]:
        """The fingerprint of each encoder, by what it is called."""
        return {f"the encoder '{name}'": cached.store.files.identity for name, cached in self.cached.items()}

    def check_room(self, views: Mapping[str, Sequence[View]]) -> None:
        """Raises OutputError if the cache could not take the vectors of the views that each encoder will read."""
        needed = sum(lacking_bytes(cached.store, views[name]) for name, cached in self.cached.items())
        if needed:
            self.limit.check(self.folder, needed)

    def fill(self, views: Mapping[str, Sequence[View]], progress: CacheProgress) -> None:
        """Compute what the cache lacks of the views that each encoder will read."""
        for name, cached in self.cached.items():
            fill(
                cached.store,
                self.encoders[name],
                views[name],
                limit=self.limit,
                progress=partial(progress.caching, name),
                waiting=partial(progress.waiting, name),
            )
