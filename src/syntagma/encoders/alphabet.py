"""Characters to numbers, for encoders that spell words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from syntagma.encoders.long_words import ends_of

MAXIMUM_CHARACTERS = 64
"""A longer word is spelt by its first and last 32 characters, so that no word is dear."""
PADDING = 0
UNKNOWN = 1


class Spelling(Protocol):
    """What the encoders that spell words ask of an alphabet."""

    def __len__(self) -> int:
        """How many numbers there are, padding (0) included."""
        ...

    def spell(self, words: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
        """Numbers `[words, letters]` and lengths `[words]`, at least 1 (int64)."""
        ...


class Alphabet:
    """Numbers of known characters, from 2 on in the order given; 0 is padding, 1 any other character."""

    def __init__(self, characters: Iterable[str]) -> None:
        self._numbers = {character: at for at, character in enumerate(dict.fromkeys(characters), start=2)}

    @property
    def characters(self) -> list[str]:
        """Those that are known, in the order of their numbers."""
        return list(self._numbers)

    def __len__(self) -> int:
        """How many numbers there are, padding and the unknown character included."""
        return len(self._numbers) + 2

    def number(self, texts: Sequence[str], device: torch.device) -> Tensor:
        """Numbers of whole texts, `[texts, characters]` (int64), padded behind."""
        longest = max(map(len, texts), default=0)
        get = self._numbers.get
        padded = [[get(c, UNKNOWN) for c in text] + [PADDING] * (longest - len(text)) for text in texts]
        return torch.tensor(padded, dtype=torch.int64, device=device).view(len(texts), longest)

    def spell(self, words: Sequence[str], device: torch.device) -> tuple[Tensor, Tensor]:
        """Numbers `[words, characters]` and lengths `[words]` (int64). An empty word is one unknown character."""
        spelt = [
            [self._numbers.get(c, UNKNOWN) for c in ends_of(word, MAXIMUM_CHARACTERS)] or [UNKNOWN] for word in words
        ]
        longest = max(map(len, spelt), default=0)
        padded = [numbers + [PADDING] * (longest - len(numbers)) for numbers in spelt]
        lengths = torch.tensor([len(numbers) for numbers in spelt], dtype=torch.int64, device=device)
        return torch.tensor(padded, dtype=torch.int64, device=device).view(len(words), longest), lengths
