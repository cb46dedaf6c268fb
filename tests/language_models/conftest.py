"""A language model small enough for tests, with words that it can say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syntagma.language_models.chat.families import PHI_4
from syntagma.language_models.config import Rotary
from syntagma.language_models.language_model import LanguageModel
from syntagma.language_models.tokenization import SpecialIds, Tokenizer

from .random_decoders import LONG, PHI3, random_decoder

MARKS = ("<|tool_call|>", "<|/tool_call|>", "<|tool_response|>")


@pytest.fixture(scope="session")
def babbler() -> LanguageModel:
    """Random weights over a real tokenizer, in Phi-4's manner of conversation."""
    from .small_tokenizers import byte_level_description  # which skips where the library is not installed

    description = byte_level_description(*MARKS)
    end = next(entry["id"] for entry in description["added_tokens"] if entry["content"] == "<|endoftext|>")
    tokenizer = Tokenizer(description, SpecialIds(end, end, end))
    rotary = Rotary(6, long=replace(LONG, original_positions=150))
    config = replace(PHI3, vocab_size=tokenizer.size + 3, rotary=rotary, max_positions=400)
    return LanguageModel(random_decoder(config), tokenizer, PHI_4, origin="a test", choice="fp32 weights: small")
