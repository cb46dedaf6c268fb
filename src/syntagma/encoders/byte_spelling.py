"""Words as the bytes of their UTF-8, for encoders that spell words: 256 numbers are enough for every script."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from syntagma.encoders.alphabet import PADDING, UNKNOWN
from syntagma.encoders.long_words import ends_of

MAXIMUM_CHARACTERS = 64
"""A longer word is spelt by its first and last 32 characters, which are at most 256 bytes."""
_FIRST = 2


class Bytes:
    """Numbers of bytes, from 2 on; 0 is padding, 1 stands for an empty word. Needs no training data."""

    def __len__(self) -> int:
        """How many numbers there are."""
        return _FIRST + 256

    def spell(self, words: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
        """Numbers `[words, bytes]` and lengths `[words]` (int64). A lone surrogate has the bytes that it would have."""
        spelt = [
            [_FIRST + byte for byte in ends_of(word, MAXIMUM_CHARACTERS).encode("utf-8", "surrogatepass")] or [UNKNOWN]
            for word in words
        ]
        longest = max(map(len, spelt), default=0)
        padded = [numbers + [PADDING] * (longest - len(numbers)) for numbers in spelt]
        lengths = torch.tensor([len(numbers) for numbers in spelt], dtype=torch.int64, device=device)
        return torch.tensor(padded, dtype=torch.int64, device=device).view(len(words), longest), lengths
