"""One layer of annotation over the words that all layers of a model share: a distribution, and how it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import WordVectors
from syntagma.structures import Structure, cross_entropy
from syntagma.text.document import Sentence

NOTHING = -1
"""What stands in the padding of outputs."""


class Gold(NamedTuple):
    """The known outputs of the sentences that are annotated in a layer."""

    rows: Tensor
    """`[known]`, which of the sentences these are."""
    outputs: Tensor
    """`[known, words, ...]` as the layer's structure takes them, -1 where padded."""


class Layer(nn.Module, ABC):
    """Scores and distribution of one layer of annotation.

    A new kind of layer says what its distribution is (`distribution`), what of it a sentence's annotation is
    (`encode`), and how the best output is written into a sentence (`write`). Learning needs no more.

    Args:
        name: the layer's, in documents and recipes.
        labels: its tags, the types of its spans, or the relations of its arcs.
        weight: its share in the loss.
    """

    kind: Literal["tags", "spans", "tree", "graph"]
    """What it annotates."""

    temperature: Tensor

    def __init__(self, name: str, labels: Sequence[str], *, weight: float = 1.0) -> None:
        super().__init__()
        self.name = name
        self.labels = list(labels)
        self.weight = weight
        self.register_buffer("temperature", torch.ones(()))  # fitted after training: see learning.temperature

    @abstractmethod
    def distribution(self, words: WordVectors) -> Structure[Any]:
        """The distribution over outputs of each sentence."""

    @abstractmethod
    def encode(self, sentence: Sentence) -> Tensor | None:
        """What the sentence is annotated with, as an output `[words, ...]` of integers; None where it is not.

        Raises:
            LabelError: a label that is not one of the layer's.
        """

    @abstractmethod
    def write(self, found: Structure[Any], sentences: Sequence[Sentence]) -> None:
        """Annotate the sentences with the best outputs of their distributions, and how probable they are."""

    def gold(self, sentences: Sequence[Sentence], device: torch.device) -> Gold | None:
        """What is known of the sentences, or None if none is annotated in this layer."""
        encoded = [(row, output) for row, each in enumerate(sentences) if (output := self.encode(each)) is not None]
        if not encoded:
            return None
        rows = torch.tensor([row for row, _ in encoded])
        return Gold(rows.to(device), padded([output for _, output in encoded]).to(device))

    def loss(self, words: WordVectors, sentences: Sequence[Sentence]) -> Tensor | None:
        """Summed negative log-likelihood of the sentences annotated in this layer, or None if there is none."""
        gold = self.gold(sentences, words.vectors.device)
        if gold is None:
            return None
        longest = gold.outputs.shape[1]
        found = self.distribution(WordVectors(words.vectors[gold.rows, :longest], words.lengths[gold.rows]))
        return self.weight * cross_entropy(gold.outputs, found).sum()


def padded(outputs: Sequence[Tensor]) -> Tensor:
    """Outputs of different sizes as one tensor, -1 where padded."""
    sizes = [max(sizes) for sizes in zip(*(output.shape for output in outputs), strict=True)]
    together = outputs[0].new_full((len(outputs), *sizes), NOTHING)
    for row, output in enumerate(outputs):
        place: tuple[int | slice, ...] = (row, *(slice(size) for size in output.shape))
        together[place] = output
    return together
