"""A word of any length costs a bounded amount: beyond a limit its two ends stand for it."""

from __future__ import annotations


def ends_of(word: str, limit: int) -> str:
    """The word itself up to `limit` characters, else its first and last `limit // 2` characters."""
    if len(word) <= limit:
        return word
    half = limit // 2
    return word[:half] + word[-half:]
