"""Spans read from tags strictly: a chunk that its scheme could not have written is no span (seqeval's strict mode)."""

from __future__ import annotations

from collections.abc import Sequence

from syntagma.errors import LabelError
from syntagma.text.document import TokenSpan
from syntagma.text.label_schemes import LabelScheme
from syntagma.text.label_tags import OUTSIDE, parse_tag

Mark = tuple[str, str]
_SAME_AS = {"L": "E", "U": "S"}


def strict_spans(tags: Sequence[str], scheme: LabelScheme) -> list[TokenSpan]:
    """The spans whose tags are well-formed, as seqeval 1.2 counts them with `mode="strict"`.

    IOB2: begins with B. BIOES and BILOU: begins with B or S and ends with E or S. IOB1: a B that follows no tag of its
    own type begins nothing, and a chunk that such a B of another type cuts off right after its own B is dropped. IO:
    every order of tags is well-formed.

    Raises:
        LabelError: a tag that is not of the scheme; names its position.
    """
    marks = [_mark(tag, position, scheme) for position, tag in enumerate(tags)] + [(OUTSIDE, "")]
    spans, position, before = [], 0, (OUTSIDE, "")
    while position < len(tags):
        stop = position + 1
        if _begins(scheme, before, marks[position]):
            while _goes_on(marks[stop - 1], marks[stop]):
                stop += 1
            if _ends(scheme, marks[stop - 1], marks[stop]):
                spans.append(TokenSpan(position, stop, marks[position][1]))
        before, position = marks[stop - 1], stop
    return spans


def _mark(tag: str, position: int, scheme: LabelScheme) -> Mark:
    try:
        prefix, label = parse_tag(tag)
    except LabelError as error:
        raise LabelError(error.found, where=f"position {position}", fix=error.fix) from None
    allowed = scheme.labels([label])
    if tag not in allowed:
        raise LabelError(f"tag {tag!r} is not of the scheme {scheme}", where=f"position {position}")
    return _SAME_AS.get(prefix, prefix), label


def _begins(scheme: LabelScheme, before: Mark, mark: Mark) -> bool:
    prefix, label = mark
    if scheme is LabelScheme.IOB1 and prefix == "B":
        return before[1] == label
    if scheme in (LabelScheme.IO, LabelScheme.IOB1):
        return prefix == "I" and (before[0] == "B" or before[1] != label)
    return prefix in ("B", "S")


def _goes_on(before: Mark, mark: Mark) -> bool:
    return before[0] in ("B", "I") and mark[0] in ("I", "E") and before[1] == mark[1]


def _ends(scheme: LabelScheme, before: Mark, mark: Mark) -> bool:
    if scheme in (LabelScheme.BIOES, LabelScheme.BILOU):
        return before[0] in ("E", "S")
    return not (scheme is LabelScheme.IOB1 and before[0] == mark[0] == "B" and before[1] != mark[1])
