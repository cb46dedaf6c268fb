"""The columns of a dependency tree, a head's number and a relation for each word, read as arcs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from syntagma.errors import DataError
from syntagma.text.document import ROOT, Arc

NOTHING = "_"
Where = Callable[[int], str]
"""From a word's index, from 0, to the `file:line` where it stands."""


def read_tree(
    heads: Sequence[str], relations: Sequence[str], where: Where, ids: Sequence[str] | None = None
) -> list[Arc] | None:
    """One arc a word, or None where a word has no head or no relation (`_`).

    Args:
        heads: the number of each word's head, 0 for the root.
        relations: the relation of each word to its head.
        where: names a word's line, in errors.
        ids: the words' own numbers. None: they are counted from 1.

    Raises:
        DataError: a head that is no number, that is not there, or that is the word itself.
    """
    numbers = word_numbers(ids if ids is not None else [str(number) for number in range(1, len(heads) + 1)])
    arcs: list[Arc] = []
    whole = True
    for number, (head, relation) in enumerate(zip(heads, relations, strict=True), 1):
        found = numbers.get(head)
        if found is not None and found != number and relation != NOTHING:
            arcs.append(arc(found, relation))
        elif head == NOTHING or (found is not None and found != number):
            whole = False
        else:
            raise _bad_head(head, len(heads), own=found == number, where=where(number - 1))
    return arcs if whole and arcs else None


def word_numbers(ids: Sequence[str]) -> dict[str, int]:
    """From words' ids to their numbers from 1, and from `0` to the root."""
    return {str(ROOT): ROOT} | {name: number for number, name in enumerate(ids, 1)}


@lru_cache(maxsize=1 << 15)
def arc(head: int, relation: str) -> Arc:
    """An arc that nobody is unsure of; a treebank has the same few many times, so they are made once."""
    return Arc(head, relation)


def _bad_head(head: str, words: int, *, own: bool, where: str) -> DataError:
    fix = f"Give a number from 1 to {words}, 0 for the root, or {NOTHING!r} for none"
    if own:
        return DataError(f"word {head} is its own head", where=where, fix=fix)
    if head.isascii() and head.isdigit():
        return DataError(f"the head {head} is not in the sentence, which has {words} words", where=where, fix=fix)
    return DataError(f"the head {head!r} is not a number", where=where, fix=fix)
