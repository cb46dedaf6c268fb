"""Biaffine scores of labelled spans."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from syntagma.errors import StructureError
from syntagma.scorers.roles import Role, with_one
from syntagma.scorers.words import own_words


class BiaffineSpans(nn.Module):
    """`s[i, w, l] = [b_i; 1] W_l [e_{i+w}; 1]`: b_i word i as a beginning, e_j word j as an end, over 1 + w words.

    Named entity recognition as parsing (arXiv 2005.07150), in which a span that is not chosen scores 0: the labels'
    scores are those beyond "no span". First values: W zero. Parameters: `2 (D H + H) + L (H + 1)^2`.

    Args:
        width: size D of a word vector.
        labels: how many labels L a span may have.
        widest: how many words a span may have; None for any number.
        hidden: size H of a word as beginning and as end.
        dropout: of their features while training.
    """

    def __init__(
        self, width: int, labels: int, *, widest: int | None = None, hidden: int = 150, dropout: float = 0.2
    ) -> None:
        super().__init__()
        if widest is not None and widest < 1:
            raise StructureError(f"widest is {widest}", fix="Let a span have 1 word or more")
        self.width = width
        self.labels = labels
        self.widest = widest
        self.begin = Role(width, hidden, dropout)
        self.end = Role(width, hidden, dropout)
        self.weight = nn.Parameter(torch.zeros(labels, hidden + 1, hidden + 1))

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Scores `[batch, words, widths, labels]`, as `Segments` takes them, of `vectors [batch, words, width]`.

        A span begins at a word and has 1 + (the third index) words; there are as many widths as words, or `widest` if
        that is less. What stands in padding is not read, and scores of spans that reach into it mean nothing.

        Raises:
            StructureError: vectors of another shape, lengths outside 1 to words.
        """
        vectors, _ = own_words(vectors, lengths, self.width)
        words = vectors.shape[1]
        widths = words if self.widest is None else min(words, self.widest)
        begins, ends = with_one(self.begin(vectors)), with_one(self.end(vectors))
        behind = nn.functional.pad(ends, (0, 0, 0, widths - 1)).unfold(1, widths, 1)  # [batch, words, hidden, widths]
        asked = torch.einsum("bix,lxy->biyl", begins, self.weight)
        return behind.transpose(2, 3) @ asked
