"""What a trained model learned to rely on: one kind of its encoders is kept, the vectors of the others are 0.

Wang et al. 2020, "More Embeddings, Better Sequence Labelers?", arXiv 2009.08330.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from syntagma.encoders.concatenation import Concatenation


@contextmanager
def keeping(concatenation: Concatenation, kept: Sequence[str]) -> Iterator[None]:
    """Inside the block only these members have vectors; the blocks of the others are 0.

    That is the same as a model that has these members only and their columns of the weights behind them.

    Raises:
        RecipeError: none of the names is a member's.
    """
    before = concatenation.mask.tolist()
    concatenation.set_mask([name in kept for name in concatenation.names])
    try:
        yield
    finally:
        concatenation.set_mask(before)
