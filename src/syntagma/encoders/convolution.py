"""Windowed convolutions over words: each layer mixes a word with its neighbours of the same sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from syntagma.encoders.activation import Activated, Activation
from syntagma.encoders.encoder import Encoder, WordVectors, word_mask
from syntagma.text.view import View


class Convolution(Encoder):
    """Residual layers `x + norm(activation(W [x_{i-w} .. x_{i+w}]))` over another encoder's vectors.

    A word sees `layers * window` words on each side, never across the sentence's edge, where zeros stand.
    All sentences of a batch run as one text with gaps between them, so padding costs nothing.

    Args:
        inner: encodes the words; its vectors are mapped linearly if their width is another.
        width: size of a word's vector, in and between layers.
        layers: how many.
        window: words on each side that a layer reads.
        activation: maxout of three maps, or GELU of one (a third of the weights, about half of the time).
        dropout: probability with which a layer's feature is dropped while training.
    """

    def __init__(
        self,
        inner: Encoder,
        width: int = 96,
        layers: int = 4,
        window: int = 1,
        activation: Activation = "maxout",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.width = width
        self.window = window
        self.inner = inner
        self.enter = nn.Linear(inner.width, width) if inner.width != width else nn.Identity()
        self.layers = nn.ModuleList(_Layer(width, window, activation, dropout) for _ in range(layers))

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is left to the inner encoder."""
        vectors, lengths = self.inner(views)
        mask = word_mask(lengths, vectors.shape[1])
        flat = _flat(self.enter(vectors[mask]), lengths, mask, self.window)
        rows = flat.rows
        for layer in self.layers:
            rows = layer(rows, flat.real)
        result = rows.new_zeros(*mask.shape, self.width)
        result[mask] = rows[flat.places]
        return WordVectors(result, lengths)


class _Flat(NamedTuple):
    """Sentences one after another with `window` rows of zeros before, between and behind them."""

    rows: Tensor
    """`[rows, width]`."""
    places: Tensor
    """The row of each word, `[all words]` (int64)."""
    real: Tensor
    """1 at words, 0 at gaps, `[rows, 1]`."""


def _flat(words: Tensor, lengths: Tensor, mask: Tensor, window: int) -> _Flat:
    """Lay out words `[all words, width]`, which follow one another sentence by sentence as `mask` has them."""
    sentence = mask.nonzero()[:, 0]
    places = torch.arange(len(words), device=words.device) + window * (sentence + 1)
    count = len(words) + window * (len(lengths) + 1)
    rows = words.new_zeros(count, words.shape[1]).index_copy(0, places, words)
    real = words.new_zeros(count, 1)
    real[places] = 1
    return _Flat(rows, places, real)


class _Layer(nn.Module):
    def __init__(self, width: int, window: int, activation: Activation, dropout: float) -> None:
        super().__init__()
        self.window = window
        self.mix = Activated((2 * window + 1) * width, width, activation)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor, real: Tensor) -> Tensor:
        """`[rows, width]` to the same; gaps stay zero."""
        edge, count = self.window, max(len(rows) - 2 * self.window, 0)
        seen = torch.cat([rows[at : at + count] for at in range(2 * edge + 1)], dim=-1)
        mixed = self.dropout(self.norm(self.mix(seen))) * real[edge : edge + count]
        return rows + nn.functional.pad(mixed, (0, 0, edge, len(rows) - count - edge))
