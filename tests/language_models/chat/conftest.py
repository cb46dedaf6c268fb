"""Small tokenizers that have the marks of every family."""

from __future__ import annotations

import pytest

from syntagma.language_models.tokenization import SpecialIds, Tokenizer

from ..small_tokenizers import byte_level_description, pieces_description


@pytest.fixture(scope="session")
def byte_level() -> Tokenizer:
    """One character a byte; with the marks of phi-3-small, Phi-4 and ChatML."""
    marks = ("<|im_start|>", "<|im_end|>", "<|tool_call|>", "<|/tool_call|>", "<|tool_response|>")
    description = byte_level_description(*marks)
    end = next(entry["id"] for entry in description["added_tokens"] if entry["content"] == "<|endoftext|>")
    return Tokenizer(description, SpecialIds(end, end, end))


@pytest.fixture(scope="session")
def pieces() -> Tokenizer:
    """SentencePiece's, with the roles of Phi-3, which swallow white space."""
    description = pieces_description()
    end = next(entry["id"] for entry in description["added_tokens"] if entry["content"] == "<|endoftext|>")
    return Tokenizer(description, SpecialIds(1, end, end))
