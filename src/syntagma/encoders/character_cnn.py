"""Words spelt by a convolution over their characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from syntagma.encoders.alphabet import PADDING, Alphabet, Spelling
from syntagma.encoders.byte_spelling import Bytes
from syntagma.encoders.encoder import Encoder, WordVectors, word_mask
from syntagma.encoders.word_types import by_word_type
from syntagma.text.view import View


class CharacterCNN(Encoder):
    """The largest value of each filter over a word (Ma and Hovy 2016, "End-to-end Sequence Labeling").

    Each distinct word of a batch is spelt once; of a word longer than 64 characters, its first and last 32.

    Args:
        alphabet: the characters that are known; any other one is the same unknown character. Or bytes instead.
        embedding: size of a character's vector.
        hidden: number of filters, which is the size of a word's vector.
        window: characters that a filter sees at once, an odd number.
        dropout: of characters' features while training.
    """

    def __init__(
        self,
        alphabet: Iterable[str] | Bytes,
        embedding: int = 25,
        hidden: int = 25,
        window: int = 3,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.width = hidden
        self._alphabet: Spelling = alphabet if isinstance(alphabet, Bytes) else Alphabet(alphabet)
        self.embedding = nn.Embedding(len(self._alphabet), embedding, padding_idx=PADDING)
        self.dropout = nn.Dropout(dropout)
        self.filters = nn.Conv1d(embedding, hidden, window, padding="same")

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is not looked at."""
        return by_word_type(views, self._encode, self.device)

    def _encode(self, types: list[str]) -> Tensor:
        """`[types, width]`."""
        if not types:
            return self.embedding.weight.new_zeros(0, self.width)
        numbers, lengths = self._alphabet.spell(types, self.device)
        found = self.filters(self.dropout(self.embedding(numbers)).transpose(1, 2))
        # Without the mask a word's vector would depend on the longest word beside it.
        padded = ~word_mask(lengths, numbers.shape[1])[:, None]
        largest: Tensor = found.masked_fill(padded, -torch.inf).amax(-1)
        return largest
