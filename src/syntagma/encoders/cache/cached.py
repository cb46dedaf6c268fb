"""A frozen encoder whose vectors are read from disk: the encoder itself is not needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from syntagma.encoders.cache.fingerprint import fingerprint, reads_around
from syntagma.encoders.cache.store import VectorStore
from syntagma.encoders.encoder import Encoder, WordVectors, lengths_of, word_mask
from syntagma.text.view import View


class Cached(Encoder):
    """Stands for an encoder whose vectors of all texts that will come are in a store. It has no weights."""

    _place: Tensor

    def __init__(self, store: VectorStore) -> None:
        super().__init__()
        self.store = store
        self.width = store.files.width
        self.register_buffer("_place", torch.empty(0), persistent=False)

    @classmethod
    def of(cls, encoder: Encoder, folder: Path) -> Self:
        """For this encoder, with the cache in this folder, filled or not. Raises ValueError if it is not cacheable."""
        digest = fingerprint(encoder)
        return cls(VectorStore(folder, digest, encoder.width, around=reads_around(encoder)))

    @property
    def device(self) -> torch.device:
        """Where vectors come out."""
        return self._place.device

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Read the vectors of own words: `[batch, words, width]` (float32).

        Raises:
            ModelError: those of a text are missing or damaged.
        """
        lengths = lengths_of(views, self.device)
        longest = max((len(view.words) for view in views), default=0)
        vectors = torch.zeros(len(views), longest, self.width, device=self.device)
        if longest:
            rows = np.concatenate([self.store.read(view) for view in views])
            vectors[word_mask(lengths, longest)] = torch.from_numpy(rows).to(self.device, torch.float32)
        return WordVectors(vectors, lengths)
