"""The vectors of frozen encoders, computed once for all models that are trained over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from syntagma.encoders.cache import Cached, DiskLimit, fill, is_cacheable, lacking_bytes
from syntagma.encoders.cache_folder import cache_folder
from syntagma.encoders.encoder import Encoder
from syntagma.recipes.caching import Caching
from syntagma.recipes.datasets import resolve
from syntagma.text.view import View


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
        return {f"the encoder '{name}'": cached.store.encoder for name, cached in self.cached.items()}

    def check_room(self, views: Mapping[str, Sequence[View]]) -> None:
        """Raises OutputError if the cache could not take the vectors of the views that each encoder will read."""
        needed = sum(lacking_bytes(cached.store, views[name]) for name, cached in self.cached.items())
        if needed:
            self.limit.check(self.folder, needed)

    def fill(self, views: Mapping[str, Sequence[View]], told: Callable[[str, int, int], None]) -> None:
        """Compute what the cache lacks; `told` hears of the encoder's name and of words done and in all."""
        for name, cached in self.cached.items():
            fill(
                cached.store,
                self.encoders[name],
                views[name],
                limit=self.limit,
                progress=lambda done, total, name=name: told(name, done, total),  # type: ignore[misc]
            )
