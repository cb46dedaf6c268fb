"""Small annotated documents to draw."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from syntagma.text.document import Document, Sentence, Token, TokenSpan

Annotate = Callable[..., Document]


def annotate(
    text: str, *entities: tuple[str, str, float | None], source: str | None = None, offset: int = 0
) -> Document:
    """A document of one sentence: words are runs of word characters or of marks, entities are found by their text."""
    tokens = [
        Token(match[0], match.start(), match.end(), {"upos": "X" if match[0].isalnum() else "PUNCT"})
        for match in re.finditer(r"\w+|[^\w\s]+", text)
    ]
    spans = []
    for words, label, confidence in entities:
        start = text.index(words)
        covered = [i for i, token in enumerate(tokens) if start <= token.start and token.end <= start + len(words)]
        spans.append(TokenSpan(covered[0], covered[-1] + 1, label, confidence))
    return Document(text, [Sentence(tokens, {"ner": spans})] if tokens else [], source, offset)


@pytest.fixture(name="annotate")
def _annotate() -> Annotate:
    return annotate
