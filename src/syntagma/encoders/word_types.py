"""Encoding each distinct word of a batch once, for encoders that look at nothing but the word itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import torch
from torch import Tensor, nn

from syntagma.encoders.encoder import WordVectors, lengths_of, word_mask
from syntagma.text.view import View


def by_word_type(views: Sequence[View], encode: Callable[[list[str]], Tensor], device: torch.device) -> WordVectors:
    """Spread `encode(types)`, `[types, width]`, over the own words of the views. `encode` is given distinct words."""
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(word, len(numbers)) for word in chain.from_iterable(view.words for view in views)]
    vectors = encode(list(numbers))
    lengths = lengths_of(views, device)
    longest = max((len(view.words) for view in views), default=0)
    # One row more than there are types, of zeros, is where padding points.
    places = torch.full((len(views), longest), len(numbers), dtype=torch.int64, device=device)
    places[word_mask(lengths, longest)] = torch.tensor(flat, dtype=torch.int64, device=device)
    return WordVectors(nn.functional.embedding(places, nn.functional.pad(vectors, (0, 0, 0, 1))), lengths)
