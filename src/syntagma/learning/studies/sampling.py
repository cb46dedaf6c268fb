"""Few of many sentences, the same for everything that is compared."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Sentence = TypeVar("Sentence")


def draw(sentences: Sequence[Sentence], size: int, seed: int) -> list[Sentence]:
    """So many sentences, by chance; of one seed the smaller samples are parts of the larger ones.

    Raises:
        ValueError: there are fewer.
    """
    if size > len(sentences):
        raise ValueError(f"{size} of {len(sentences)} sentences")
    order = list(range(len(sentences)))
    random.Random(seed).shuffle(order)
    return [sentences[index] for index in order[:size]]
