"""A table with one vector a word, and ways to find a word that is not in it as it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.word_types import by_word_type
from syntagma.errors import RecipeError
from syntagma.text.view import View

_DIGIT = re.compile(r"\d")


class Static(Encoder):
    """Word vectors from a table. A word that is not in it is sought in lower case, then with its digits as 0, then
    both; a word that is not found at all has one learned vector.

    Args:
        words: the table's words; of one that comes twice, the first row counts.
        vectors: their vectors, `[words, width]`; None for small random ones, to be learned or loaded.
        width: size of a vector.
        frozen: keep the table as it is; the vector of unknown words is learned anyway.

    Raises:
        RecipeError: the vectors have another shape.
    """

    def __init__(self, words: Sequence[str], vectors: Tensor | None, width: int, frozen: bool = True) -> None:
        super().__init__()
        if vectors is not None and vectors.shape != (len(words), width):
            raise RecipeError(f"word vectors of shape {[*vectors.shape]} for {len(words)} words of width {width}")
        if vectors is None:
            vectors = torch.randn(len(words), width) * width**-0.5
        self.width = width
        self.table = nn.Embedding(len(words), width)
        self.table.weight = nn.Parameter(vectors.detach().clone(), requires_grad=not frozen)
        self.unknown = nn.Parameter(vectors.detach().mean(0) if len(words) else torch.zeros(width))
        self._rows: dict[str, int] = {}
        for row, word in enumerate(words):
            self._rows.setdefault(word, row)

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is not looked at."""
        return by_word_type(views, self._encode, self.device)

    def _encode(self, types: list[str]) -> Tensor:
        """`[types, width]`."""
        rows = torch.tensor([self._row(word) for word in types], dtype=torch.int64, device=self.device)
        vectors = self.unknown.expand(len(types), self.width)
        known = (rows >= 0).nonzero()[:, 0]
        return vectors.index_copy(0, known, self.table(rows[known]))

    def _row(self, word: str) -> int:
        """The table's row, or -1."""
        row = self._rows.get(word)
        if row is not None:
            return row
        lower = word.lower()
        spellings = (lower, _DIGIT.sub("0", word), _DIGIT.sub("0", lower))
        return next((self._rows[spelling] for spelling in spellings if spelling in self._rows), -1)
