"""A cache of bounded size for models with a sliding window: new tokens take the places of those out of sight."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.language_models.cache.sequence_cache import Remembered, SequenceCache
from syntagma.language_models.config import DecoderConfig


class RingCache(SequenceCache):
    """The last tokens of a sequence, the one at position `p` in place `p` modulo the number of places."""

    def __init__(
        self, config: DecoderConfig, *, dtype: torch.dtype, device: torch.device, long: bool = False, piece: int = 512
    ) -> None:
        super().__init__(config, dtype=dtype, device=device, long=long)
        if config.window is None:
            raise ValueError("a ring needs a model with a sliding window")
        self.piece = piece
        """Most tokens that can be taken at once."""
        # The first of `piece` new tokens still sees a window of older ones, which the last must not overwrite.
        self.keys, self.values = self._empty(config.window + piece - 1), self._empty(config.window + piece - 1)

    def reserve(self, count: int) -> None:
        """Nothing to do: there is room for a window and a piece."""
        if count > self.piece:
            raise ValueError(f"{count} tokens at once in a ring made for pieces of {self.piece}")

    def store(self, layer: int, keys: Tensor, values: Tensor) -> Remembered:
        """Keep what is new of a layer; the places in use can be looked at."""
        places = self.keys.shape[2]
        taken = torch.arange(self.length, self.length + len(keys), device=self._device) % places
        self.keys[layer].index_copy_(1, taken, keys.transpose(0, 1))
        self.values[layer].index_copy_(1, taken, values.transpose(0, 1))
        used = min(places, self.length + len(keys))
        return Remembered(self.keys[layer, :, :used], self.values[layer, :, :used])

    def positions(self, count: int) -> Tensor:
        """Position of the token in each place in use."""
        places, end = self.keys.shape[2], self.length + count
        place = torch.arange(min(places, end), device=self._device)
        return end - 1 - (end - 1 - place) % places

    def holds(self, length: int) -> bool:
        """Whether the window of a token at this position is still remembered whole."""
        assert self.config.window is not None  # __init__ has looked
        overwritten = max(0, self.length - self.keys.shape[2])
        first_seen = max(0, length + 1 - self.config.window)
        return super().holds(length) and (length == self.length or first_seen >= overwritten)
