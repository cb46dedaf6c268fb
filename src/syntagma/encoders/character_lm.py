"""Words as two character language models see them in their sentence: one that reads forward, one backward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Self

import torch
from torch import Tensor, nn

from syntagma.encoders.alphabet import MAXIMUM_CHARACTERS, PADDING, Alphabet
from syntagma.encoders.encoder import Encoder, WordVectors, lengths_of
from syntagma.encoders.long_words import ends_of
from syntagma.text.view import View

Direction = Literal["forwards", "backwards"]
DIRECTIONS: tuple[Direction, Direction] = ("forwards", "backwards")
EDGE = "\n"
"""What a text begins and ends with."""


class CharacterLM(Encoder):
    """The forward model's state after a word's last character, and the backward model's after its first.

    Akbik et al. 2018, "Contextual String Embeddings for Sequence Labeling". A sentence is read as its words with a
    blank between them, each direction from a line end on; of a word longer than 64 characters, its first and last 32.

    Args:
        alphabet: the characters that are known; any other one is the same unknown character.
        embedding: size of a character's vector.
        hidden: width of each direction; a word's vector has twice that.
        layers: of each direction, one on the other.
        frozen: keep the weights as they are.
    """

    def __init__(
        self, alphabet: Iterable[str], embedding: int = 50, hidden: int = 256, layers: int = 1, frozen: bool = True
    ) -> None:
        super().__init__()
        self.width = 2 * hidden
        self.frozen = frozen
        self.alphabet = Alphabet(alphabet)
        self.embedding = nn.Embedding(len(self.alphabet), embedding, padding_idx=PADDING)
        self.networks = nn.ModuleDict(
            {direction: nn.LSTM(embedding, hidden, layers, batch_first=True) for direction in DIRECTIONS}
        )
        self.requires_grad_(not frozen)

    def forward(self, views: Sequence[View]) -> WordVectors:
        """Encode own words: vectors `[batch, words, width]`; context is not looked at."""
        lengths = lengths_of(views, self.device)
        laid_out = [_Places.of(view.words) for view in views]
        longest = max((len(view.words) for view in views), default=0)
        with torch.set_grad_enabled(not self.frozen and torch.is_grad_enabled()):
            states = [self._at(laid_out, direction) for direction in DIRECTIONS]
        picked = torch.cat(states, dim=-1)
        vectors = picked.new_zeros(len(views) * longest, self.width)
        slots = [row * longest + at for row, view in enumerate(views) for at in range(len(view.words))]
        found = vectors.index_copy(0, torch.tensor(slots, dtype=torch.int64, device=self.device), picked)
        return WordVectors(found.view(len(views), longest, self.width), lengths)

    def read(self, texts: Sequence[str], direction: Direction) -> tuple[Tensor, Tensor]:
        """Characters' numbers `[texts, 1 + characters]`, the edge first, and the states after each, `[.., hidden]`.

        A backward text is read from its end: the second character is the text's last. Padding comes last.
        """
        spelt = [EDGE + (text if direction == "forwards" else text[::-1]) for text in texts]
        numbers = self.alphabet.number(spelt, self.device)
        if not numbers.numel():
            return numbers, self.embedding.weight.new_zeros(*numbers.shape, self.width // 2)
        states: Tensor = self.networks[direction](self.embedding(numbers))[0]
        return numbers, states

    def train(self, mode: bool = True) -> Self:
        """Switch training; frozen weights stay as they are used."""
        return super().train(mode and not self.frozen)

    def _at(self, texts: Sequence[_Places], direction: Direction) -> Tensor:
        """The states that stand for words, `[all words, hidden]`, sentence by sentence."""
        _, states = self.read([one.text for one in texts], direction)
        columns = [column for one in texts for column in (one.ends if direction == "forwards" else one.begins)]
        rows = [row for row, one in enumerate(texts) for _ in one.ends]
        return states[
            torch.tensor(rows, dtype=torch.int64, device=self.device),
            torch.tensor(columns, dtype=torch.int64, device=self.device),
        ]


class _Places(NamedTuple):
    """A sentence's text, and for each word how many characters have been read, the edge not counted, when its last
    has been (forward), and when its first has been (backward)."""

    text: str
    ends: list[int]
    begins: list[int]

    @classmethod
    def of(cls, words: Sequence[str]) -> _Places:
        short = [ends_of(word, MAXIMUM_CHARACTERS) for word in words]
        text = " ".join(short)
        ends, begins, start = [], [], 0
        for word in short:
            ends.append(start + len(word))
            begins.append(len(text) - start)
            start += len(word) + 1
        return cls(text, ends, begins)
