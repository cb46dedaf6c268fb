"""First values of static word tables: what a trained model's encoder says of each word, condensed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from syntagma.encoders import Encoder
from syntagma.learning.batches import pack
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import Encoder as EncoderPart, Static
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.vocabularies import Vocabularies, encoder_parts
from syntagma.text.view import View

BATCH_WORDS = 4000


@torch.inference_mode()
def word_vectors(encoder: Encoder, words: Sequence[str], *, width: int) -> Tensor:
    """A vector `[words, width]` for each word, read as a sentence of its own: principal components, whitened to
    unit variance overall."""
    encoder.eval()
    order = range(len(words))
    lengths = [1 + len(word) // 6 for word in words]
    rows = torch.cat([
        encoder([View([words[index]]) for index in batch]).vectors[:, 0] for batch in pack(order, lengths, words=BATCH_WORDS)
    ])
    return condensed(rows, width)


def condensed(rows: Tensor, width: int) -> Tensor:
    """The `width` strongest principal components of rows `[words, features]`, scaled to unit variance on average."""
    centred = rows - rows.mean(0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    strongest = centred @ vectors.flip(1)[:, :width]
    return strongest / strongest.std()


def static_vectors(part: EncoderPart, vocabularies: Vocabularies, folder: Path) -> dict[str, Tensor]:
    """First values `[words, width]` of every static table in an encoder part, by the table's name."""
    tables = {}
    for inner in encoder_parts(part):
        if isinstance(inner, Static):
            _, teacher, _ = load_model(resolve(inner.teacher, folder))
            tables[inner.name] = word_vectors(teacher.encoder, vocabularies.words[inner.name], width=inner.width)
    return tables
