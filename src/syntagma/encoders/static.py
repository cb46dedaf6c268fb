"""A table with one vector a word, and ways to find a vector for a word that is not in it as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.spellings import known_spelling
from syntagma.encoders.subwords import Subwords
from syntagma.encoders.word_types import by_word_type
from syntagma.errors import RecipeError
from syntagma.text.view import View


class Static(Encoder):
    """Word vectors from a table. A word that is not in it is sought in lower case, then with its digits as 0, then
    both; then it is the mean of its n-grams' vectors, as far as there are any; else one learned vector.

    Args:
        words: the table's words; of one that comes twice, the first row counts.
        vectors: their vectors, `[words, width]`; None for small random ones, to be learned or loaded.
        width: size of a vector.
        frozen: keep the tables as they are; the vector of unknown words is learned anyway.
        ngrams: vectors of n-grams, if there are any.

    Raises:
        RecipeError: the vectors have another shape.
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: Tensor | None,
        width: int,
        frozen: bool = True,
        ngrams: NgramVectors | None = None,
    ) -> None:
        super().__init__()
        if vectors is not None and vectors.shape != (len(words), width):
            raise RecipeError(f"word vectors of shape {[*vectors.shape]} for {len(words)} words of width {width}")
        if vectors is None:
            vectors = torch.randn(len(words), width) * width**-0.5
        self.width = width
        self.table = nn.Embedding(len(words), width)
        self.table.weight = nn.Parameter(vectors.detach().clone(), requires_grad=not frozen)
        self.unknown = nn.Parameter(vectors.detach().mean(0) if len(words) else torch.zeros(width))
        self.ngrams = None if ngrams is None else ngrams.requires_grad_(not frozen)
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
        vectors = vectors.index_copy(0, known, self.table(rows[known]))
        if self.ngrams is None:
            return vectors
        missing = (rows < 0).nonzero()[:, 0].tolist()
        return self.ngrams.fill(vectors, {at: types[at] for at in missing})

    def _row(self, word: str) -> int:
        """The table's row, or -1."""
        known = known_spelling(word, self._rows)
        return -1 if known is None else self._rows[known]


class NgramVectors(nn.Module):
    """Vectors of n-gram buckets: those of a fastText model, or the ones that were kept of them.

    Args:
        subwords: how words fall into buckets.
        kept: the buckets that there are vectors for, in the order of the vectors.
        vectors: `[kept, width]`; None for zeros, to be loaded.
    """

    def __init__(self, subwords: Subwords, kept: Sequence[int], vectors: Tensor | None, width: int) -> None:
        super().__init__()
        self.subwords = subwords
        self.table = nn.Embedding(len(kept), width)
        first = torch.zeros(len(kept), width) if vectors is None else vectors.detach().clone()
        self.table.weight = nn.Parameter(first)
        self._rows = {bucket: row for row, bucket in enumerate(kept)}

    def fill(self, vectors: Tensor, words: dict[int, str]) -> Tensor:
        """Put the mean over a word's kept n-grams into its row of `vectors` `[rows, width]`, where it has any."""
        found = {at: rows for at, word in words.items() if (rows := self._of(word))}
        if not found:
            return vectors
        device = vectors.device
        flat = torch.tensor(list(chain.from_iterable(found.values())), dtype=torch.int64, device=device)
        starts = torch.tensor([0, *accumulate(map(len, found.values()))][:-1], dtype=torch.int64, device=device)
        means = nn.functional.embedding_bag(flat, self.table.weight, starts, mode="mean")
        return vectors.index_copy(
            0, torch.tensor(list(found), dtype=torch.int64, device=device), means.to(vectors.dtype)
        )

    def _of(self, word: str) -> list[int]:
        """Rows of the word's n-grams; one that occurs twice counts twice."""
        return [self._rows[bucket] for bucket in self.subwords.of(word) if bucket in self._rows]
