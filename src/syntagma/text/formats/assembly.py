"""Sentences that come one by one, put together to documents: their texts joined, their offsets moved along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from syntagma.text.document import Document, Sentence

SENTENCE_BREAK, PARAGRAPH_BREAK = " ", "\n\n"


class Assembly:
    """Collects sentences until a document ends. Before the first `open` every sentence is a document of its own."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._marked = False
        self._parts: list[str] = []
        self._sentences: list[Sentence] = []
        self._length = 0
        self._break = SENTENCE_BREAK

    def open(self) -> Iterator[Document]:
        """Begin a document; gives the one before it, if it holds a sentence."""
        yield from self.close()
        self._marked = True

    def add(
        self, text: str, sentence: Sentence, *, paragraph: bool = False, space_after: bool = True
    ) -> Iterator[Document]:
        """Append a sentence whose offsets count from its own `text`; gives it as a document if none was opened."""
        if self._sentences:
            self._append(PARAGRAPH_BREAK if paragraph else self._break)
        for token in sentence.tokens if self._length else ():
            token.start += self._length
            token.end += self._length
        self._append(text)
        self._sentences.append(sentence)
        self._break = SENTENCE_BREAK if space_after else ""
        if not self._marked:
            yield from self.close()

    def close(self) -> Iterator[Document]:
        """Give the last document, if it holds a sentence."""
        if self._sentences:
            yield Document("".join(self._parts), self._sentences, self._source)
        self._parts, self._sentences, self._length = [], [], 0

    def _append(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)


def align(words: Sequence[str], text: str) -> list[tuple[int, int]] | None:
    """Find the words one after the other in a text, with nothing but white space around them.

    Returns `(start, end)` for each, or None where the text does not spell the words.
    """
    places, position = [], 0
    for word in words:
        while not text.startswith(word, position):
            if not text[position : position + 1].isspace():
                return None
            position += 1
        places.append((position, position + len(word)))
        position += len(word)
    return places if not text[position:].strip() else None


def spaced(words: Sequence[str]) -> list[tuple[int, int]]:
    """Where each word stands when they are joined by one space."""
    ends = accumulate(len(word) + 1 for word in words)
    return [(end - 1 - len(word), end - 1) for end, word in zip(ends, words, strict=True)]
