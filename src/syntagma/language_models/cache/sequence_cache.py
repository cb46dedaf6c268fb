"""Keys and values of one sequence in every layer: what all kinds of cache have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import NamedTuple, Self

import torch
from torch import Tensor

from syntagma.language_models.config import DecoderConfig


class Remembered(NamedTuple):
    """What the queries of a layer can look at."""

    keys: Tensor
    """`[key-value heads, places, head size]`, turned already."""
    values: Tensor
    """The same shape."""


class SequenceCache(ABC):
    """The memory of one sequence.

    A forward pass reserves room for its tokens, stores them layer by layer, and commits them at its end: one that was
    interrupted before leaves nothing behind.
    """

    def __init__(self, config: DecoderConfig, *, dtype: torch.dtype, device: torch.device, long: bool = False) -> None:
        self.config = config
        self.length = 0
        """Tokens remembered, those that a window has passed counted too."""
        self.long = long
        """Whether the keys were turned by LongRoPE's long factors."""
        self._dtype, self._device = dtype, device
        self.keys = self.values = self._empty(0)

    @abstractmethod
    def reserve(self, count: int) -> None:
        """Make room for so many tokens more.

        Raises:
            ValueError: more than can be taken at once.
        """

    @abstractmethod
    def store(self, layer: int, keys: Tensor, values: Tensor) -> Remembered:
        """Keep new keys and values `[tokens, key-value heads, head size]` of a layer; what its queries can look at."""

    @abstractmethod
    def positions(self, count: int) -> Tensor:
        """Position of the token in each remembered place, `count` new ones included; -1 where there is none."""

    def holds(self, length: int) -> bool:
        """Whether all that a token at this position can see is still remembered."""
        return 0 <= length <= self.length

    def truncate(self, length: int) -> None:
        """Forget all tokens from this position on.

        Raises:
            ValueError: what comes before it is not remembered.
        """
        if not self.holds(length):
            raise ValueError(f"a memory of {self.length} tokens cannot be cut to {length}")
        self.length = length

    def commit(self, count: int) -> None:
        """The tokens stored since `reserve` are part of the sequence from now on."""
        self.length += count

    def clear(self, *, long: bool) -> None:
        """Forget everything; what comes next is turned by the long factors, or by the short ones."""
        self.length, self.long = 0, long

    def copy(self) -> Self:
        """The same memory, to go on from apart."""
        other = copy(self)
        other.keys, other.values = self.keys.clone(), self.values.clone()
        return other

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        return self.keys.nbytes + self.values.nbytes

    def _empty(self, places: int) -> Tensor:
        """Room for so many tokens, `[layers, key-value heads, places, head size]`."""
        shape = (self.config.num_layers, self.config.num_kv_heads, places, self.config.head_size)
        return torch.empty(shape, dtype=self._dtype, device=self._device)
