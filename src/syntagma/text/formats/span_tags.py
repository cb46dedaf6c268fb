"""The tags of a span layer as a file spells them: checked one by one, read as spans, their types renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from syntagma.errors import DataError, LabelError
from syntagma.text.document import TokenSpan
from syntagma.text.label_schemes import LabelScheme
from syntagma.text.label_tags import OUTSIDE, parse_tag

PREFIXES = {
    LabelScheme.IO: frozenset("I"),
    LabelScheme.IOB1: frozenset("BI"),
    LabelScheme.IOB2: frozenset("BI"),
    LabelScheme.BIOES: frozenset("BIES"),
    LabelScheme.BILOU: frozenset("BILU"),
}


class SpanTags:
    """Reads the tags of one file. Without a scheme, E and S make it BIOES, L and U make it BILOU; both are an error.

    IO, IOB1 and IOB2 need not be told apart to be read: a span begins at B, and at I after `O` or another type.
    """

    def __init__(self, scheme: LabelScheme | None, types: Mapping[str, str] | None) -> None:
        self._scheme = scheme
        self._types = types
        self._known = {OUTSIDE}

    def spans(self, tags: Sequence[str], name: str, line: int) -> list[TokenSpan]:
        """Read one sentence, whose first tag stands at `name:line`.

        Raises:
            LabelError: a tag that is none, or is not of the scheme.
            DataError: a type that the mapping does not know.
        """
        if not self._known.issuperset(tags):
            for number, tag in enumerate(tags, start=line):
                self._check(tag, f"{name}:{number}")
        scheme = self._scheme or LabelScheme.IOB2
        spans = scheme.decode(tags)
        if self._types is None:
            return spans
        renamed = ((span, self._types[span.label]) for span in spans)
        return [TokenSpan(span.first, span.stop, label) for span, label in renamed if label]

    def _check(self, tag: str, where: str) -> None:
        if tag in self._known:
            return
        try:
            prefix, label = parse_tag(tag)
        except LabelError as error:
            raise LabelError(error.found, where=where, fix=error.fix) from None
        self._detect(prefix)
        if self._scheme and prefix not in PREFIXES[self._scheme]:
            expected = " ".join(f"{letter}-" for letter in sorted(PREFIXES[self._scheme]))
            found = f"tag {tag!r} in a file of the scheme {self._scheme}, whose tags are O {expected}"
            raise LabelError(found, where=where, fix="Correct the tag, or name another scheme")
        if self._types is not None and label not in self._types:
            raise self._unknown_type(label, where)
        self._known.add(tag)

    def _detect(self, prefix: str) -> None:
        if self._scheme is None and prefix in "ES":
            self._scheme = LabelScheme.BIOES
        elif self._scheme is None and prefix in "LU":
            self._scheme = LabelScheme.BILOU

    def _unknown_type(self, label: str, where: str) -> DataError:
        assert self._types is not None
        near = get_close_matches(label, self._types, n=1) or get_close_matches(label.lower(), self._types, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return DataError(
            f"the type {label!r} is not among those that 'types' maps: {', '.join(self._types) or 'none'}",
            where=where,
            fix=f'{hint}Map it to a type, or to "" to drop it',
        )
