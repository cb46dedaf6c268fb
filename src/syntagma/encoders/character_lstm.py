"""Words spelt by a bidirectional LSTM over their characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from syntagma.encoders.alphabet import PADDING, Alphabet, Spelling
from syntagma.encoders.byte_spelling import Bytes
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.word_types import by_word_type
from syntagma.text.view import View


class CharacterLSTM(Encoder):
    """The final states of both directions (Lample et al. 2016, "Neural Architectures for Named Entity Recognition").

    Each distinct word of a batch is spelt once; of a word longer than 64 characters, its first and last 32.

    Args:
        alphabet: the characters that are known; any other one is the same unknown character. Or bytes instead.
        embedding: size of a character's vector.
        hidden: width of each direction; a word's vector has twice that.
    """

    def __init__(self, alphabet: Iterable[str] | Bytes, embedding: int = 25, hidden: int = 25) -> None:
        super().__init__()
        self.width = 2 * hidden
        self._alphabet: Spelling = alphabet if isinstance(alphabet, Bytes) else Alphabet(alphabet)
        self.embedding = nn.Embedding(len(self._alphabet), embedding, padding_idx=PADDING)
        self.network = nn.LSTM(embedding, hidden, batch_first=True, bidirectional=True)

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is not looked at."""
        return by_word_type(views, self._encode, self.device)

    def _encode(self, types: list[str]) -> Tensor:
        """`[types, width]`."""
        if not types:
            return self.embedding.weight.new_zeros(0, self.width)
        numbers, lengths = self._alphabet.spell(types, self.device)
        packed = pack_padded_sequence(self.embedding(numbers), lengths.cpu(), batch_first=True, enforce_sorted=False)
        final: Tensor = self.network(packed)[1][0]
        return torch.cat([final[0], final[1]], dim=-1)
