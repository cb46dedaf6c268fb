"""A transformer's fingerprint changes with its settings, its tokenizer and its weights, and not with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from syntagma.encoders import Transformer, TransformerOptions
from syntagma.encoders.cache import fingerprint, is_cacheable
from syntagma.encoders.cache.fingerprint import reads_around

pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")


def test_what_learns_is_not_cacheable(tiny_bert: Path) -> None:
    assert is_cacheable(Transformer.from_name(tiny_bert, TransformerOptions(tuned=False)))
    assert not is_cacheable(Transformer.from_name(tiny_bert))
    assert not is_cacheable(Transformer.from_name(tiny_bert, TransformerOptions(tuned=False, layers="mix")))


def test_a_transformer_s_settings_tokenizer_and_weights_count(tiny_bert: Path, tmp_path: Path) -> None:
    choices = [
        TransformerOptions(tuned=False),
        TransformerOptions(tuned=False, pooling="mean"),
        TransformerOptions(tuned=False, layers="average"),
        TransformerOptions(tuned=False, window=20),
        TransformerOptions(tuned=False, window=20, stride=7),
        TransformerOptions(tuned=False, context="document"),
    ]
    encoders = [Transformer.from_name(tiny_bert, options) for options in choices]
    assert [reads_around(encoder) for encoder in encoders] == [False] * 5 + [True]
    prints = [fingerprint(encoder) for encoder in encoders]
    assert len(set(prints)) == len(prints)
    copied = tmp_path / "elsewhere"
    shutil.copytree(tiny_bert, copied)
    assert fingerprint(Transformer.from_name(copied, choices[0])) == prints[0]
    text = (copied / "tokenizer.json").read_text()
    (copied / "tokenizer.json").write_text(text.replace('"lowercase": true', '"lowercase": false'))
    assert fingerprint(Transformer.from_name(copied, choices[0])) != prints[0]
