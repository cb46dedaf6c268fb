"""The words around a word, with learned vectors where the sentence ends."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

Neighbours = Literal["prev", "next", "mean"]


class Around(NamedTuple):
    """Vectors at every step of every row, `[batch, words + 1, width]` each; what is behind a row's end step is 0 or
    meaningless, and nothing reads it."""

    before: Tensor
    own: Tensor
    after: Tensor

    def neighbour(self, mode: Neighbours) -> Tensor:
        """The word before ("prev"), the word after ("next"), or their mean: `[batch, words + 1, width]`."""
        if mode == "mean":
            return (self.before + self.after) / 2
        return self.before if mode == "prev" else self.after


class BoundaryVectors(nn.Module):
    """The learned words before and behind a sentence: `first` is h_0; `last` is h_{n+1} and h_{n+2}.

    First values uniform in +-sqrt(3 / width) (arXiv 2011.05604; the official code leaves `last` uninitialised).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        bound = math.sqrt(3 / width)
        self.first = nn.Parameter(torch.empty(width).uniform_(-bound, bound))
        self.last = nn.Parameter(torch.empty(width).uniform_(-bound, bound))

    def forward(self, vectors: Tensor, lengths: Tensor) -> Around:
        """The neighbours of `vectors [batch, words, width]`, and of the end step, which stands behind the last word."""
        batch, words, _ = vectors.shape
        first, last = (vector.expand(batch, 1, -1) for vector in (self.first, self.last))
        behind = torch.arange(words + 1, device=vectors.device) >= lengths.unsqueeze(1)
        own = torch.where(behind.unsqueeze(2), last, torch.cat([vectors, last], 1))
        return Around(torch.cat([first, own[:, :-1]], 1), own, torch.cat([own[:, 1:], last], 1))

    def __call__(self, vectors: Tensor, lengths: Tensor) -> Around:
        """As `forward`."""
        result: Around = super().__call__(vectors, lengths)
        return result


def split_end(steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Values at all steps, `[batch, words + 1, ...]`, as those of the words and, `[batch, ...]`, of the end step."""
    return steps[:, :-1], steps[torch.arange(len(lengths), device=lengths.device), lengths]
