"""Dropout for sentences: of whole words, and of features for all words of a sentence at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WordDropout(nn.Module):
    """Sets whole word vectors to zero with a probability while training; nothing is rescaled (ACE, section b)."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, vectors: Tensor) -> Tensor:
        """`[batch, words, width]` to the same."""
        if not self.training or self.probability == 0:
            return vectors
        kept = torch.rand(vectors.shape[:2], device=vectors.device) >= self.probability
        return vectors * kept[..., None]


class LockedDropout(nn.Module):
    """Drops features with one mask a sentence, shared by its words and rescaled, while training.

    Gal and Ghahramani 2016, "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks".
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, vectors: Tensor) -> Tensor:
        """`[batch, words, width]` to the same."""
        if not self.training or self.probability == 0:
            return vectors
        mask = vectors.new_ones(vectors.shape[0], 1, vectors.shape[2])
        return vectors * nn.functional.dropout(mask, self.probability)
