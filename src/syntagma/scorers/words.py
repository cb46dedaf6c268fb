"""Word vectors as scorers read them: checked, with nothing in padding."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.label_checks import checked_lengths
from syntagma.structures.parts import own_words as word_mask


def own_words(vectors: Tensor, lengths: Tensor | None, width: int) -> tuple[Tensor, Tensor]:
    """Vectors `[batch, words, width]` with 0 in padding, and lengths `[batch]` (int64).

    A NaN in padding would otherwise reach the gradients of the scorer's weights.

    Raises:
        StructureError: another shape or width; lengths that are no integers from 1 to words.
    """
    if vectors.dim() != 3 or vectors.shape[1] == 0 or vectors.shape[2] != width:
        raise StructureError(
            f"word vectors have shape {list(vectors.shape)}", fix=f"Give them as [batch, words, {width}]"
        )
    batch, words, _ = vectors.shape
    lengths = checked_lengths(lengths, vectors)
    if lengths is None:
        return vectors, torch.full((batch,), words, device=vectors.device)
    return vectors.masked_fill(~word_mask(words, lengths, vectors).unsqueeze(2), 0.0), lengths


def at_last_word(values: Tensor, lengths: Tensor) -> Tensor:
    """Of `values [batch, words, ...]` those of each row's last word, `[batch, ...]`."""
    return values[torch.arange(len(lengths), device=lengths.device), lengths - 1]
