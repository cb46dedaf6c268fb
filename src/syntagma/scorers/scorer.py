"""What every chain scorer is: a neural layer from word vectors to the scores of a chain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from syntagma.scorers.words import own_words
from syntagma.structures.mean_field import SecondOrder


class ChainScores(NamedTuple):
    """The scores of a batch of chains over K labels, in the order that `LinearChain` takes the first four.

    A potential of arXiv 2011.05604 is one table a step, `phi_i[a, b]` for label a of word i - 1 and label b of word i.
    Step 1 comes from the symbol START and is `start`, step n + 1 goes to the symbol END and is `end`; the steps between
    are `transitions`, and what of them depends on one label only stands in `emissions`. START and END are no labels, so
    nothing has to keep them out of a sentence.
    """

    emissions: Tensor
    """`[batch, words, labels]`"""
    transitions: Tensor
    """`[labels, labels]` (from, to), or one table a step: `[batch, words - 1, labels, labels]`."""
    start: Tensor
    """`[labels]` or `[batch, labels]`"""
    end: Tensor
    """`[labels]` or `[batch, labels]`"""
    second: SecondOrder | None = None
    """Scores of labels two words apart, for second-order mean field."""


class Scorer(nn.Module, ABC):
    """Turns word vectors into the scores of a chain."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.width = width
        self.labels = labels

    def __call__(self, vectors: Tensor, lengths: Tensor | None = None) -> ChainScores:
        """Score `vectors [batch, words, width]` of rows of `lengths [batch]` words (None: all are full).

        What stands in padding is not read.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        result: ChainScores = super().__call__(vectors, lengths)
        return result

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> ChainScores:
        """As `__call__`."""
        return self._score(*own_words(vectors, lengths, self.width))

    @abstractmethod
    def _score(self, vectors: Tensor, lengths: Tensor) -> ChainScores:
        """Score vectors that are 0 in padding, of rows of known lengths."""
