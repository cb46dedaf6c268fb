"""One tag of a label scheme ("B-PER") taken apart, and the chunks that a sequence of tags stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from syntagma.errors import LabelError
from syntagma.text.document import TokenSpan

OUTSIDE = "O"
PREFIXES = frozenset("BIESLU")
_ENDS_ALWAYS = frozenset("ESLU")
_BEGINS_ALWAYS = frozenset("BSU")


@lru_cache(maxsize=4096)
def parse_tag(tag: str) -> tuple[str, str]:
    """Split a tag at its first "-" into prefix and type; `O` has the empty type.

    Raises:
        LabelError: no known prefix, or no type after it.
    """
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, dash, label = tag.partition("-")
    if prefix not in PREFIXES:
        raise LabelError(f"tag {tag!r} has no known prefix", fix="A tag is 'O', or one of B- I- E- S- L- U- and a type")
    if not dash or not label:
        raise LabelError(f"tag {tag!r} has no type", fix=f"Write it as '{prefix}-TYPE'")
    return prefix, label


def read_chunks(tags: Sequence[str]) -> Iterator[TokenSpan]:
    """Give the chunks that tags of any scheme stand for, by the rules of conlleval; never refuses an order of tags.

    A chunk begins at B, S and U; at I, E and L where the tag before ended a chunk, was `O`, or has another type. It
    ends after E, L, S and U; before `O`, B, S and U; and before a tag of another type.

    Raises:
        LabelError: a tag that cannot be parsed; names its position.
    """
    first, open_type, closed = 0, "", True
    for position, (prefix, label) in enumerate(_parse_all(tags)):
        goes_on = not closed and label == open_type and prefix not in _BEGINS_ALWAYS
        if not goes_on:
            if open_type:
                yield TokenSpan(first, position, open_type)
            first, open_type = position, label
        closed = prefix in _ENDS_ALWAYS
    if open_type:
        yield TokenSpan(first, len(tags), open_type)


def _parse_all(tags: Sequence[str]) -> Iterator[tuple[str, str]]:
    for position, tag in enumerate(tags):
        try:
            yield parse_tag(tag)
        except LabelError as error:
            raise LabelError(error.found, where=f"position {position}", fix=error.fix) from None
