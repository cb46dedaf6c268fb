"""A document cut into consecutive pieces, so that every way of showing it walks the same road."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syntagma.text.document import Document, Span, Token


@dataclass(frozen=True, slots=True)
class Piece:
    """A word (`token` is set) or what stands between two words; the texts of all pieces joined are the document's."""

    text: str
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive pieces that one entity covers, or, with `entity` None, that none does."""

    pieces: list[Piece]
    entity: Span | None = None


def stretches(document: Document) -> Iterator[Stretch]:
    """The whole text, in order, as stretches inside and outside entities; empty ones outside are left out.

    Of entities that overlap, a later one has the characters that the earlier ones left, and none if they left none.
    """
    words = _Words(document)
    for entity in sorted(document.entities, key=lambda span: span.start):
        if between := words.until(entity.start):
            yield Stretch(between)
        yield Stretch(words.until(entity.end), entity)
    if rest := words.until(len(document.text)):
        yield Stretch(rest)


class _Words:
    """Walks once over a document's tokens and the gaps between them."""

    def __init__(self, document: Document) -> None:
        self.position = 0
        self._text = document.text
        self._tokens = iter(document.tokens)
        self._next = next(self._tokens, None)

    def until(self, end: int) -> list[Piece]:
        """The pieces from the present position to `end`."""
        pieces: list[Piece] = []
        while (token := self._next) is not None and token.end <= end:
            self._next = next(self._tokens, None)
            # Syntactic words of one surface word ("du" = "de" + "le") may share its characters: the first one has them.
            if token.start >= self.position:
                self._gap(pieces, token.start)
                pieces.append(Piece(self._text[token.start : token.end], token))
                self.position = token.end
        self._gap(pieces, end)
        return pieces

    def _gap(self, pieces: list[Piece], end: int) -> None:
        if end > self.position:
            pieces.append(Piece(self._text[self.position : end]))
            self.position = end
