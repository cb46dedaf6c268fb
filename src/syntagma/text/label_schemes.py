"""Label schemes: spans written as one tag per token (IO, IOB1, IOB2, BIOES, BILOU) and read back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from syntagma.errors import LabelError
from syntagma.text.document import TokenSpan
from syntagma.text.label_patterns import (
    SpanPattern,
    closed_patterns,
    io_patterns,
    iob1_patterns,
    iob2_patterns,
    lenient_patterns,
)
from syntagma.text.label_tags import OUTSIDE, parse_tag, read_chunks
from syntagma.text.label_transitions import TagGrammar, Transitions


class LabelScheme(Enum):
    """A way to write spans as tags. IO cannot part neighbours of one type: they become one span.

    Not a `StrEnum`, because `encode` would then break what `str.encode` promises.
    """

    IO = "io"
    IOB1 = "iob1"
    IOB2 = "iob2"
    BIOES = "bioes"
    BILOU = "bilou"

    @classmethod
    def _missing_(cls, value: object) -> LabelScheme | None:
        name = str(value).lower()
        return cls.IOB2 if name == "bio" else cls.__members__.get(name.upper())

    def __str__(self) -> str:
        return self.value

    def labels(self, types: Sequence[str]) -> list[str]:
        """Every label of the scheme: `O`, then each type's in the order given."""
        return [OUTSIDE, *(f"{prefix}-{label}" for label in types for prefix in _PREFIXES[self])]

    def encode(self, spans: Sequence[TokenSpan], length: int) -> list[str]:
        """Write spans, in any order, as `length` tags.

        Raises:
            LabelError: a span that is empty, passes the end, or overlaps another.
        """
        tags = [OUTSIDE] * length
        previous = TokenSpan(0, 0, "")
        for span in sorted(spans, key=lambda span: span.first):
            _check(span, previous, length)
            touches = previous.stop == span.first and previous.label == span.label
            tags[span.first : span.stop] = self._spell(span, after_same_type=touches)
            previous = span
        return tags

    def decode(self, tags: Sequence[str]) -> list[TokenSpan]:
        """Read the spans of tags, as leniently as conlleval: see `read_chunks`. Never refuses an order of tags.

        Raises:
            LabelError: a tag without a known prefix or without a type; names its position.
        """
        return list(read_chunks(tags))

    def validate(self, tags: Sequence[str]) -> None:
        """Check that tags belong to the scheme and come in an order that it allows.

        Raises:
            LabelError: names the position, the tag and what was expected.
        """
        grammar, before = _GRAMMARS[self], OUTSIDE
        for position, tag in enumerate(tags):
            self._check_prefix(tag, position)
            if grammar.lacks_follower(before, tag):
                raise self._order_error(before, position - 1, f"{tag!r} follows", "followed by", grammar.followers)
            if grammar.lacks_leader(before, tag):
                found = f"{before!r} comes before" if position else "it comes first"
                raise self._order_error(tag, position, found, "after", grammar.leaders)
            before = tag
        if grammar.lacks_follower(before, OUTSIDE):
            raise self._order_error(before, len(tags) - 1, "the tags end there", "followed by", grammar.followers)

    def convert(self, tags: Sequence[str], to: LabelScheme) -> list[str]:
        """Write the spans of these tags in another scheme."""
        return to.encode(self.decode(tags), len(tags))

    def transitions(self, labels: Sequence[str]) -> Transitions:
        """Which of `labels` may begin, follow one another, and end: boolean arrays `[K]`, `[K from, K to]`, `[K]`."""
        return _GRAMMARS[self].transitions(labels)

    def patterns(self, span: TokenSpan, labels: Sequence[str]) -> list[SpanPattern]:
        """Give the mutually exclusive ways in which label sequences that obey the transitions decode to this span.

        Only the span's type and length matter; the answer is kept, so asking again is cheap.

        Raises:
            LabelError: `labels` lacks a label that the span needs.
        """
        return list(_patterns(self, span.label, span.stop - span.first, tuple(labels)))

    def lenient_patterns(self, span: TokenSpan, labels: Sequence[str]) -> list[SpanPattern]:
        """Give the mutually exclusive ways in which any sequence of labels, obedient or not, decodes to this span."""
        return lenient_patterns(span.label, span.stop - span.first, labels)

    def _spell(self, span: TokenSpan, *, after_same_type: bool) -> list[str]:
        letters = _SPELLING[LabelScheme.IOB2 if self is LabelScheme.IOB1 and after_same_type else self]
        length = span.stop - span.first
        prefixes = letters.single if length == 1 else letters.begin + letters.inside * (length - 2) + letters.last
        return [f"{prefix}-{span.label}" for prefix in prefixes]

    def _check_prefix(self, tag: str, position: int) -> None:
        prefixes = _PREFIXES[self]
        if tag != OUTSIDE and (tag[:1] not in prefixes or tag[1:2] != "-" or len(tag) < 3):
            names = " or ".join(["'O'", *(f"'{prefix}-TYPE'" for prefix in prefixes)])
            raise LabelError(f"tag {tag!r} is not of the scheme {self}, expected {names}", where=f"position {position}")

    def _order_error(self, tag: str, position: int, found: str, relation: str, prefixes: str) -> LabelError:
        label = parse_tag(tag)[1]
        names = " or ".join(f"'{prefix}-{label}'" for prefix in prefixes)
        return LabelError(
            f"tag {tag!r} in scheme {self} was expected {relation} {names}, but {found}", where=f"position {position}"
        )


class _Letters(NamedTuple):
    """Prefixes of a span's first, inner and last token, and of a span of one token."""

    begin: str
    inside: str
    last: str
    single: str


_SPELLING = {
    LabelScheme.IO: _Letters("I", "I", "I", "I"),
    LabelScheme.IOB1: _Letters("I", "I", "I", "I"),
    LabelScheme.IOB2: _Letters("B", "I", "I", "B"),
    LabelScheme.BIOES: _Letters("B", "I", "E", "S"),
    LabelScheme.BILOU: _Letters("B", "I", "L", "U"),
}

_PREFIXES = {
    LabelScheme.IO: "I",
    LabelScheme.IOB1: "BI",
    LabelScheme.IOB2: "BI",
    LabelScheme.BIOES: "BIES",
    LabelScheme.BILOU: "BILU",
}

_GRAMMARS = {
    LabelScheme.IO: TagGrammar(followers="", leaders="", open=""),
    LabelScheme.IOB1: TagGrammar(followers="B", leaders="BI", open=""),
    LabelScheme.IOB2: TagGrammar(followers="I", leaders="BI", open=""),
    LabelScheme.BIOES: TagGrammar(followers="IE", leaders="BI", open="BI"),
    LabelScheme.BILOU: TagGrammar(followers="IL", leaders="BI", open="BI"),
}


def _check(span: TokenSpan, previous: TokenSpan, length: int) -> None:
    if not 0 <= span.first < span.stop <= length:
        raise LabelError(
            f"span {span.first}:{span.stop} ({span.label}) is empty or lies outside the sentence's {length} tokens"
        )
    if span.first < previous.stop:
        raise LabelError(
            f"span {span.first}:{span.stop} ({span.label}) overlaps "
            f"{previous.first}:{previous.stop} ({previous.label})",
            fix="One layer of tags cannot hold overlapping spans",
        )


@lru_cache(maxsize=4096)
def _patterns(scheme: LabelScheme, label: str, length: int, labels: tuple[str, ...]) -> tuple[SpanPattern, ...]:
    if scheme is LabelScheme.IO:
        found = io_patterns(label, length, labels)
    elif scheme is LabelScheme.IOB1:
        found = iob1_patterns(label, length, labels)
    elif scheme is LabelScheme.IOB2:
        found = iob2_patterns(label, length, labels)
    else:
        found = closed_patterns(tuple(scheme._spell(TokenSpan(0, length, label), after_same_type=False)))
    known = tuple(pattern for pattern in found if set(pattern.inside) <= set(labels))
    if not known:
        raise LabelError(f"the labels have none for type {label!r}", fix=f"They are: {', '.join(labels)}")
    return known
