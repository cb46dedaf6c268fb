"""Hashed word features: tables far smaller than the vocabulary, in which every word still has a row of its own sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.activation import Activated, Activation
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.word_features import SEEDS, feature, rows as rows_of
from syntagma.encoders.word_types import by_word_type
from syntagma.errors import RecipeError
from syntagma.text.view import View

FEATURES = ("norm", "prefix", "suffix", "shape")
_CACHED_WORDS = 200_000
_CACHED_CHARACTERS = 64


class Hashed(Encoder):
    """Bloom embeddings: each feature of a word is the sum of four hashed rows of its table; features are mixed.

    Two words share a vector only where all four rows meet, so a table may be much smaller than the vocabulary
    (Serrà and Karatzoglou 2017, "Getting Deep Recommenders Fit"; Miranda et al. 2022, "Multi hash embeddings in
    spaCy"). Needs no vocabulary: any word has a vector.

    Args:
        width: size of a word's vector and of a table's row.
        rows: table size, one for all features or one for each.
        features: what is looked at (see `word_features.feature`); by default those that `rows` names, else `FEATURES`.
        activation: how the concatenated features are mixed.
        dropout: probability with which a mixed feature is dropped while training, apart for each word type.
    """

    def __init__(
        self,
        width: int = 96,
        rows: int | Mapping[str, int] = 2500,
        features: Sequence[str] | None = None,
        activation: Activation = "maxout",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.width = width
        sizes = _sizes(rows, features)
        self._features = {name: (feature(name), size) for name, size in sizes.items()}
        self.tables = nn.ModuleDict({name: nn.EmbeddingBag(size, width, mode="sum") for name, size in sizes.items()})
        for table in self.tables.values():
            # The sum of four rows has unit variance.
            nn.init.normal_(table.weight, std=SEEDS**-0.5)  # type: ignore[arg-type]
        self.mix = Activated(len(sizes) * width, width, activation)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self._cache: dict[str, bytes] = {}

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is not looked at."""
        return by_word_type(views, self._encode, self.device)

    def _encode(self, types: list[str]) -> Tensor:
        """`[types, width]`."""
        numbers = self._numbers(types)
        sums = [table(numbers[:, at]) for at, table in enumerate(self.tables.values())]
        mixed: Tensor = self.dropout(self.norm(self.mix(torch.cat(sums, dim=-1))))
        return mixed

    def _numbers(self, types: list[str]) -> Tensor:
        """Row numbers `[types, features, seeds]` (int64)."""
        if len(self._cache) > _CACHED_WORDS:
            self._cache = {}
        packed = bytearray().join([self._rows(word) for word in types])
        shape = (len(types), len(self._features), SEEDS)
        if not packed:
            return torch.empty(shape, dtype=torch.int64, device=self.device)
        return torch.frombuffer(packed, dtype=torch.int64).view(shape).to(self.device)

    def _rows(self, word: str) -> bytes:
        found = self._cache.get(word)
        if found is None:
            found = rows_of(word, self._features)
            if len(word) <= _CACHED_CHARACTERS:
                self._cache[word] = found
        return found


def _sizes(rows: int | Mapping[str, int], features: Sequence[str] | None) -> dict[str, int]:
    """The table size of each feature, in the order of `features`."""
    if features is None:
        features = FEATURES if isinstance(rows, int) else tuple(rows)
    if not features:
        raise RecipeError("hashed words without features", fix="Name at least one, such as 'norm'")
    if isinstance(rows, int):
        return dict.fromkeys(features, rows)
    if set(rows) != set(features):
        odd = ", ".join(sorted(set(rows) ^ set(features)))
        raise RecipeError(f"rows and features disagree about: {odd}", fix="Give one number of rows for each feature")
    return {name: rows[name] for name in features}
