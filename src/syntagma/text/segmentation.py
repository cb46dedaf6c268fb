"""Raw text to a document with sentences and tokens."""

from __future__ import annotations

from syntagma.text.document import Document
from syntagma.text.sentence_splitter import split_sentences
from syntagma.text.tokenizer import tokenize


def segment(text: str, *, source: str | None = None, offset: int = 0) -> Document:
    """Divide a text into sentences of tokens; a blank text gives a document without sentences.

    Args:
        text: any text; offsets of the result count its characters.
        source: where it came from, kept in the document.
        offset: where it begins in its source, in characters, kept in the document.
    """
    tokens = tokenize(text)
    return Document(text, split_sentences(text, tokens) if tokens else [], source, offset)
