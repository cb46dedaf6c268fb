"""Small tokenizers of the two kinds, trained on a few lines by the library itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

tokenizers = pytest.importorskip("tokenizers", reason="the extra 'chat' is not installed")

CORPUS = [
    "The cat sat on the mat, and the dog sat on the cat.",
    "def add(first, second):\n    return first + second\n",
    "It's 12345 o'clock; isn't it? naïve café, Größe, żółć.",
    "Привет, мир! 你好，世界。 こんにちは世界 שלום עולם مرحبا بالعالم",
    "👩‍👩‍👧 🎉🎉 🇩🇪 ½ x² ☂️",
    "user assistant system tool end of text",
]
ROLES = ["<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"]
TOOLS = ["<|tool|>", "<|/tool|>"]
FRAGMENTS = [*ROLES, *TOOLS, "</s>", "<s>", "<unk>", "<0x0A>", "::::", "<|", "|>", "▁", " ", "  ", "\n", "Ġ", "\x1c"]

texts = st.lists(
    st.one_of(
        st.sampled_from(FRAGMENTS),
        st.sampled_from(CORPUS),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        st.text("ab 🎉é\n\u200f\u05d0\u0301", max_size=8),
    ),
    max_size=8,
).map("".join)
"""Texts of words, marks of roles and parts of them, emoji, right-to-left letters, any code points."""


def described(tokenizer: Any) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads(tokenizer.to_str())
    return contents


def byte_level_description(*more: str) -> dict[str, Any]:
    """A byte-level tokenizer.json with roles that swallow white space behind them, and ordinary marks of tools.

    `more` are special tokens that swallow nothing.
    """
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    added = tokenizers.AddedToken
    tokenizer.add_special_tokens([added(role, rstrip=role != "<|endoftext|>", normalized=False) for role in ROLES])
    tokenizer.add_tokens([added(tool, normalized=False) for tool in TOOLS])
    tokenizer.add_tokens([added("::::", normalized=False)])
    tokenizer.add_special_tokens([added(mark, normalized=False) for mark in more])
    return described(tokenizer)


def pieces_description() -> dict[str, Any]:
    """A tokenizer.json as Phi-3's: SentencePiece's spaces, byte fallback, no cut of words, roles behind the rest."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    normalizers, decoders = tokenizers.normalizers, tokenizers.decoders
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    fixed = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=380, special_tokens=fixed, show_progress=False, limit_alphabet=40, max_token_length=8
    )
    tokenizer.train_from_iterator(CORPUS[:3] * 3, trainer)
    contents = described(tokenizer)
    contents["added_tokens"] = [entry for entry in contents["added_tokens"] if entry["id"] < 3]
    contents["added_tokens"][2].update(special=False, rstrip=True)  # as Phi-3 has </s>
    begin = {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
    single = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    contents["post_processor"] = {
        "type": "TemplateProcessing",
        "single": single,
        "pair": single,
        "special_tokens": begin,
    }
    full = tokenizers.Tokenizer.from_str(json.dumps(contents))
    added = tokenizers.AddedToken
    full.add_special_tokens([added(role, rstrip=role != "<|endoftext|>", normalized=False) for role in ROLES])
    return described(full)
