"""What every encoder is: views in, one vector per own word out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn

from syntagma.text.view import View


class WordVectors(NamedTuple):
    """Vectors `[batch, words, width]` (float) of each view's own words, zero where padded, and lengths `[batch]` (int64)."""

    vectors: Tensor
    lengths: Tensor


class Encoder(nn.Module, ABC):
    """Turns views into word vectors.

    A subclass's constructor takes plain values, so that a recipe can flatten into it, and whatever it learns from
    data (a vocabulary) arrives as an argument. What it must keep besides weights is in `assets()`.
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
