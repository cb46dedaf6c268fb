"""A quicker start: nothing is garbage while torch is imported and a model loaded, so nobody looks for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage inside the block, and never look again at what it has made."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
