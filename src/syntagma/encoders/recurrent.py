"""A recurrent network that reads the words of a sentence in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from syntagma.encoders.dropout import LockedDropout, WordDropout
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.errors import RecipeError
from syntagma.text.view import View

Cell = Literal["lstm", "gru"]
_CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class Recurrent(Encoder):
    """Word dropout, locked dropout, a bidirectional LSTM or GRU, locked dropout (the task model of ACE, section b).

    Padding never enters the recurrence.

    Args:
        inner: encodes the words.
        hidden: width of each direction; a word's vector has twice that.
        layers: how many, one on the other.
        dropout: of features, before, between and after the layers.
        word_dropout: of whole words.
        cell: `lstm` or `gru`.
    """

    def __init__(
        self,
        inner: Encoder,
        hidden: int = 256,
        layers: int = 1,
        dropout: float = 0.5,
        word_dropout: float = 0.05,
        cell: Cell = "lstm",
    ) -> None:
        super().__init__()
        if cell not in _CELLS:
            raise RecipeError(f"cell = '{cell}' is not known", fix="Choose one of: " + ", ".join(_CELLS))
        self.width = 2 * hidden
        self.inner = inner
        self.word_dropout = WordDropout(word_dropout)
        self.locked_dropout = LockedDropout(dropout)
        self.network = _CELLS[cell](
            inner.width,
            hidden,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is left to the inner encoder."""
        vectors, lengths = self.inner(views)
        states = self._read(self.locked_dropout(self.word_dropout(vectors)), lengths)
        return WordVectors(self.locked_dropout(states), lengths)

    def _read(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """`[batch, words, inner width]` to `[batch, words, width]`."""
        filled = lengths > 0  # a packed sequence cannot be empty
        result = vectors.new_zeros(*vectors.shape[:2], self.width)
        if not filled.any():
            return result
        packed = pack_padded_sequence(vectors[filled], lengths[filled].cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.network(packed)[0], batch_first=True, total_length=vectors.shape[1])
        return result.to(states.dtype).index_copy(0, torch.nonzero(filled)[:, 0], states)
