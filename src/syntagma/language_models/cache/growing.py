"""A cache that remembers every token, in memory that doubles when it is full."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.language_models.cache.sequence_cache import Remembered, SequenceCache

FIRST_PLACES = 64


class GrowingCache(SequenceCache):
    """All tokens of a sequence, the one at position `p` in place `p`."""

    def reserve(self, count: int) -> None:
        """Make room for so many tokens more: twice what there was, or as much as is needed."""
        needed, places = self.length + count, self.keys.shape[2]
        if needed > places:
            roomier = max(FIRST_PLACES, 2 * places, needed)
            self.keys, self.values = self._grown(self.keys, roomier), self._grown(self.values, roomier)

    def store(self, layer: int, keys: Tensor, values: Tensor) -> Remembered:
        """Keep what is new of a layer; all of the sequence can be looked at."""
        end = self.length + len(keys)
        self.keys[layer, :, self.length : end] = keys.transpose(0, 1)
        self.values[layer, :, self.length : end] = values.transpose(0, 1)
        return Remembered(self.keys[layer, :, :end], self.values[layer, :, :end])

    def positions(self, count: int) -> Tensor:
        """Position of the token in each place: the place itself."""
        return torch.arange(self.length + count, device=self._device)

    def _grown(self, block: Tensor, places: int) -> Tensor:
        grown = self._empty(places)
        grown[:, :, : self.length] = block[:, :, : self.length]
        return grown
