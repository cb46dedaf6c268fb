"""First values of word tables: what a trained model's encoder says of each word, condensed, or what a file says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from syntagma.encoders import Encoder, Transformer
from syntagma.learning.batches import by_length
from syntagma.recipes.datasets import resolve
from syntagma.recipes.encoders import Encoder as EncoderPart, Static, WordVectors
from syntagma.recipes.saved_model import load_model
from syntagma.recipes.vector_tables import TableValues, table_values
from syntagma.recipes.vocabularies import Vocabularies, encoder_parts
from syntagma.text.view import View

BATCH_WORDS = 4000


def static_vectors(part: EncoderPart, vocabularies: Vocabularies, folder: Path) -> dict[str, TableValues]:
    """First values of every static table in an encoder part, by the table's name."""
    tables: dict[str, TableValues] = {}
    for inner in encoder_parts(part):
        if isinstance(inner, Static):
            _, teacher, _ = load_model(resolve(inner.teacher, folder))
            rows = word_vectors(word_reader(teacher.encoder), vocabularies.words[inner.name])
            tables[inner.name] = TableValues(condensed(rows, inner.width))
        elif isinstance(inner, WordVectors):
            known = vocabularies.words[inner.name]
            tables[inner.name] = table_values(inner, known, vocabularies.tables[inner.name], folder)
    return tables


def word_reader(encoder: Encoder) -> Encoder:
    """What in a teacher's encoder knows words best: its transformer, if it has one, read by the mean of the pieces."""
    for module in encoder.modules():
        if isinstance(module, Transformer):
            return module.read_by("mean")
    return encoder


@torch.inference_mode()
def word_vectors(encoder: Encoder, words: Sequence[str]) -> Tensor:
    """A vector `[words, width]` for each word, read as a sentence of its own."""
    encoder.eval()
    lengths = [1 + len(word) // 4 for word in words]
    rows = torch.empty(len(words), encoder.width)
    for batch in by_length(lengths, words=BATCH_WORDS):
        rows[batch] = encoder([View([words[index]]) for index in batch]).vectors[:, 0]
    return rows


def condensed(rows: Tensor, width: int) -> Tensor:
    """The `width` strongest principal components of rows `[words, features]`, of unit variance taken together."""
    centred = rows - rows.mean(0)
    _, directions = torch.linalg.eigh(centred.T @ centred)
    strongest = centred @ directions.flip(1)[:, :width]
    scaled: Tensor = strongest / strongest.std()
    return scaled
