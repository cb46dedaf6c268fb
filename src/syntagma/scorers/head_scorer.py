"""What every scorer of heads is: a neural layer from word vectors to the scores of arcs and of their relations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from syntagma.scorers.relation_product import RelationProduct
from syntagma.scorers.words import own_words


class HeadScores(NamedTuple):
    """The scores of a batch of trees or graphs; head 0 is the root, head j the j-th word."""

    arcs: Tensor
    """`[batch, words, 1 + words]` (dependent, head)"""
    relations: Tensor | RelationProduct
    """`[batch, words, 1 + words, relations]`, or what they are products of"""
    siblings: Tensor | None = None
    """`[batch, words, 1 + words, words]` (dependent, head, another dependent of that head)"""
    grandparents: Tensor | None = None
    """`[batch, words, 1 + words, 1 + words]` (dependent, head, the head's head)"""

    def tempered(self, temperature: Tensor) -> HeadScores:
        """Scores of arcs and relations divided by the temperature."""
        relations = self.relations
        softer = relations / temperature if isinstance(relations, Tensor) else relations.tempered(temperature)
        return self._replace(arcs=self.arcs / temperature, relations=softer)


class HeadScorer(nn.Module, ABC):
    """Turns word vectors into scores of heads."""

    def __init__(self, width: int, relations: int) -> None:
        super().__init__()
        self.width = width
        self.relations = relations

    def allows(self, word: int, head: int, relation: int) -> bool:
        """Whether a word (from 0) can have this head with this relation at all."""
        return True

    def __call__(self, vectors: Tensor, lengths: Tensor | None = None) -> HeadScores:
        """Score `vectors [batch, words, width]` of rows of `lengths [batch]` words (None: all are full).

        What stands in padding is not read.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        result: HeadScores = super().__call__(vectors, lengths)
        return result

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> HeadScores:
        """As `__call__`."""
        return self._score(*own_words(vectors, lengths, self.width))

    @abstractmethod
    def _score(self, vectors: Tensor, lengths: Tensor) -> HeadScores:
        """Score vectors that are 0 in padding, of rows of known lengths."""
