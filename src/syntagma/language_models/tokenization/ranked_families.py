"""Tokenizers of the models that publish ranks: phi-3-small (cl100k_base) and phi-4-mini (o200k_base)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.byte_alphabet import spelt
from syntagma.language_models.tokenization.description import Description
from syntagma.language_models.tokenization.rank_file import Ranks, merges_of, read_ranks
from syntagma.language_models.tokenization.split_patterns import pre_tokenizer
from syntagma.language_models.tokenization.tokenizer import SpecialIds, Tokenizer


@dataclass(frozen=True)
class RankedFamily:
    """What a rank file does not say of a family's tokenizer."""

    pattern: str
    ranks: int
    """How many the file has, so that a file of another vocabulary is noticed."""
    tokens: tuple[AddedToken, ...]
    ids: SpecialIds


def _role(number: int, text: str) -> AddedToken:
    return AddedToken(number, text, strips_right=True)


def _of_tools(number: int, text: str) -> AddedToken:
    return AddedToken(number, text, special=False, strips_right=True)


FAMILIES = {
    "phi-3-small": RankedFamily(
        "cl100k",
        100_256,
        (
            AddedToken(100257, "<|endoftext|>"),
            AddedToken(100261, "<|system|>"),
            AddedToken(100262, "<|user|>"),
            AddedToken(100263, "<|assistant|>"),
            AddedToken(100266, "<|end|>"),
        ),
        SpecialIds(begin=100257, end=100257, padding=100257),
    ),
    "phi-4-mini": RankedFamily(
        "o200k",
        199_998,
        (
            AddedToken(199999, "<|endoftext|>"),
            AddedToken(200018, "<|endofprompt|>"),
            _role(200019, "<|assistant|>"),
            _role(200020, "<|end|>"),
            _role(200021, "<|user|>"),
            _role(200022, "<|system|>"),
            _of_tools(200023, "<|tool|>"),
            _of_tools(200024, "<|/tool|>"),
            _of_tools(200025, "<|tool_call|>"),
            _of_tools(200026, "<|/tool_call|>"),
            _of_tools(200027, "<|tool_response|>"),
            _of_tools(200028, "<|tag|>"),
        ),
        SpecialIds(begin=199999, end=199999, padding=199999),
    ),
}
"""Special ids as in phi-decoder.md, section 7. tiktoken strips no white space, and phi-3-small goes by tiktoken."""


def tokenizer_from_ranks(path: Path, family: str) -> Tokenizer:
    """The tokenizer of a family from its file of ranks (cl100k_base.tiktoken, o200k_base.tiktoken; plain or .gz).

    Raises:
        ModelError: an unknown family, a file that is broken or another's.
    """
    if family not in FAMILIES:
        raise ModelError(f"no family {family!r} goes by ranks", fix=f"Give one of {', '.join(FAMILIES)}")
    known = FAMILIES[family]
    ranks = read_ranks(path)
    if len(ranks) != known.ranks:
        raise ModelError(
            f"has {len(ranks):,} ranks, and {family} has {known.ranks:,}",
            where=str(path),
            fix=f"Give the file {known.pattern}_base.tiktoken",
        )
    return Tokenizer(described(ranks, known, str(path)), known.ids, where=str(path))


def described(ranks: Ranks, family: RankedFamily, where: str) -> Description:
    """Ranks in the form of tokenizer.json."""
    return {
        "added_tokens": [token.entry() for token in family.tokens],
        "normalizer": None,
        "pre_tokenizer": pre_tokenizer(family.pattern, where),
        "decoder": {"type": "ByteLevel"},
        "model": {
            "type": "BPE",
            # A word that is a token needs no merging, in tiktoken either.
            "ignore_merges": True,
            "vocab": {spelt(token): rank for token, rank in ranks.items()},
            "merges": [[spelt(first), spelt(second)] for first, second in merges_of(ranks)],
        },
    }
