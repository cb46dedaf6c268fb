"""The tokenizer that a GGUF file carries among its metadata (`tokenizer.ggml.*`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from syntagma.errors import ModelError
from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.description import Description
from syntagma.language_models.tokenization.scored_pieces import merges_by_score, piece_steps
from syntagma.language_models.tokenization.split_patterns import pre_tokenizer
from syntagma.language_models.tokenization.tokenizer import SpecialIds, Tokenizer

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""GGUF's types of tokens."""
_FIX = "Get the file again, or use the model's folder with its tokenizer.json"
_WHOLE_WORDS = {"llama-bpe", "llama3", "llama-v3", "gpt-4o", "llama4"}
"""Vocabularies whose words need no merging where they are tokens already."""
_NEVER_STRIPPING = {"<unk>", "<s>", "<|endoftext|>"}

_T = TypeVar("_T")
Metadata = Mapping[str, object]


def tokenizer_from_gguf(metadata: Metadata, where: str = "the GGUF file") -> Tokenizer:
    """The tokenizer of a GGUF file's metadata: plain strings, numbers and lists by their keys.

    Byte-level vocabularies ("gpt2") with a known cut, and SentencePiece's ("llama"), whose merges follow the scores.

    Raises:
        ModelError: another kind of tokenizer, an unknown cut, or lists that disagree.
    """
    tokens = _list(metadata, "tokens", str, where)
    types = _list(metadata, "token_type", int, where) if _has(metadata, "token_type") else [NORMAL] * len(tokens)
    if len(types) != len(tokens):
        raise ModelError(f"{len(tokens):,} tokens have {len(types):,} types", where=where, fix=_FIX)
    kind = _value(metadata, "model", str, None)
    if kind == "gpt2":
        description = _byte_level(metadata, tokens, where)
    elif kind == "llama":
        description = _scored(metadata, tokens, types, where)
    else:
        raise ModelError(f"its tokenizer is of the kind {kind!r}; known are 'gpt2' and 'llama'", where=where, fix=_FIX)
    strips = kind == "llama" and metadata.get("general.architecture") == "phi3"
    description["added_tokens"] = [
        _added(number, tokens[number], types[number], strips).entry()
        for number in range(len(tokens))
        if types[number] in (UNKNOWN, CONTROL, USER_DEFINED)
    ]
    template = metadata.get("tokenizer.chat_template")
    return Tokenizer(
        description,
        _special_ids(metadata, len(tokens), begins=kind == "llama", where=where),
        chat_template=template if isinstance(template, str) else None,
        where=where,
    )


def _byte_level(metadata: Metadata, tokens: list[str], where: str) -> Description:
    cut = _value(metadata, "pre", str, "default")
    vocabulary = _vocabulary(tokens, where)
    merges = _list(metadata, "merges", str, where)
    pairs = [merge.split(" ", 1) for merge in merges]
    broken = next(
        (m for m, pair in zip(merges, pairs, strict=True) if len(pair) < 2 or "".join(pair) not in vocabulary), None
    )
    if broken is not None:
        raise ModelError(f"the merge {broken!r} gives no token", where=where, fix=_FIX)
    return {
        "normalizer": None,
        "pre_tokenizer": pre_tokenizer(cut, where),
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "ignore_merges": cut in _WHOLE_WORDS, "vocab": vocabulary, "merges": pairs},
    }


def _scored(metadata: Metadata, tokens: list[str], types: list[int], where: str) -> Description:
    scores = _list(metadata, "scores", float, where)
    if len(scores) != len(tokens):
        raise ModelError(f"{len(tokens):,} tokens have {len(scores):,} scores", where=where, fix=_FIX)
    vocabulary = _vocabulary(tokens, where)
    normal = {token: score for token, score, kind in zip(tokens, scores, types, strict=True) if kind == NORMAL}
    unknown = _value(metadata, "unknown_token_id", int, None)
    return {
        **piece_steps(prefix=_value(metadata, "add_space_prefix", bool, True)),
        "model": {
            "type": "BPE",
            "byte_fallback": BYTE in types,
            "fuse_unk": True,
            "unk_token": tokens[unknown] if unknown is not None and 0 <= unknown < len(tokens) else None,
            "vocab": vocabulary,
            "merges": merges_by_score(normal),
        },
    }


def _added(number: int, text: str, kind: int, strips: bool) -> AddedToken:
    # GGUF has no place for what a role swallows; for Phi-3 it is known (llama.cpp knows it by name as well).
    return AddedToken(number, text, special=kind != USER_DEFINED, strips_right=strips and text not in _NEVER_STRIPPING)


def _special_ids(metadata: Metadata, size: int, *, begins: bool, where: str) -> SpecialIds:
    begin, end, padding = (_value(metadata, f"{name}_token_id", int, None) for name in ("bos", "eos", "padding"))
    for name, number in (("begin", begin), ("end", end), ("padding", padding)):
        if number is not None and not 0 <= number < size:
            raise ModelError(f"the {name} token {number} is not among {size:,} tokens", where=where, fix=_FIX)
    opens = begin is not None and _value(metadata, "add_bos_token", bool, begins)
    return SpecialIds(begin, end, padding, (begin,) if opens and begin is not None else ())


def _vocabulary(tokens: list[str], where: str) -> dict[str, int]:
    vocabulary = {token: number for number, token in enumerate(tokens)}
    if len(vocabulary) < len(tokens):
        raise ModelError(f"{len(tokens) - len(vocabulary)} tokens are there twice", where=where, fix=_FIX)
    return vocabulary


def _has(metadata: Metadata, name: str) -> bool:
    return f"tokenizer.ggml.{name}" in metadata


def _value(metadata: Metadata, name: str, kind: type[_T], default: Any) -> Any:
    value = metadata.get(f"tokenizer.ggml.{name}")
    return value if isinstance(value, kind) else default


def _list(metadata: Metadata, name: str, kind: type[_T], where: str) -> list[_T]:
    values = metadata.get(f"tokenizer.ggml.{name}")
    if not isinstance(values, list) or not values or not all(isinstance(value, kind) for value in values):
        raise ModelError(f"tokenizer.ggml.{name} is no list of {kind.__name__}", where=where, fix=_FIX)
    return values
