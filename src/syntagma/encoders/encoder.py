"""What every encoder is: views in, one vector per own word out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from syntagma.text.view import View


class WordVectors(NamedTuple):
    """Vectors `[batch, words, width]` of each view's own words, zero where padded, and lengths `[batch]` (int64)."""

    vectors: Tensor
    lengths: Tensor


class Encoder(nn.Module, ABC):
    """Turns views into word vectors.

    A subclass's constructor takes plain values, so that a recipe can flatten into it, and whatever it learns from
    data (a vocabulary) arrives as an argument, to be kept by whoever saves the model.
    """

    width: int
    """Size of a word's vector."""

    @abstractmethod
    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode the own words of every view; context is read, not returned."""

    def __call__(self, views: Sequence[View]) -> WordVectors:
        """Encode the own words of every view; context is read, not returned."""
        result: WordVectors = super().__call__(views)
        return result

    @property
    def device(self) -> torch.device:
        """Where the parameters are; vectors come out there."""
        return next(self.parameters()).device


def lengths_of(views: Sequence[View], device: torch.device) -> Tensor:
    """The number of own words of each view, `[batch]` (int64)."""
    return torch.tensor([len(view.words) for view in views], dtype=torch.int64, device=device)


def word_mask(lengths: Tensor, words: int) -> Tensor:
    """True at real words, False at padding: `[batch, words]` (bool)."""
    return torch.arange(words, device=lengths.device) < lengths[:, None]
