"""Tiny transformers in the hub's layout, made here: a BERT with word pieces and a RoBERTa with byte pairs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,'é"


def _write(folder: Path, tokenizer: Any, names: dict[str, str], window: int) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": window, **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _save(folder: Path, config: Any) -> None:
    import torch
    from transformers import AutoModel

    torch.manual_seed(3)
    AutoModel.from_config(config).save_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of width 16 with a window of 24, pieces of one or two letters, and a tokenizer file with a limit."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig

    folder = tmp_path_factory.mktemp("tiny-bert")
    pairs = ["th", "an", "er", "on"]
    vocabulary = {piece: at for at, piece in enumerate([*SPECIALS, *LETTERS, *pairs, *(f"##{c}" for c in LETTERS)])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    _write(folder, tokenizer, names, 24)
    _save(
        folder,
        BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=5,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=24,
            initializer_range=0.3,
        ),
    )
    return folder


@pytest.fixture(scope="session")
def tiny_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of width 16, byte-level pieces, positions that begin behind the padding's."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import RobertaConfig

    folder = tmp_path_factory.mktemp("tiny-roberta")
    symbols = ["<s>", "<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {piece: at for at, piece in enumerate(symbols)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=True)
    names = {
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "bos_token": "<s>",
        "eos_token": "</s>",
    }
    _write(folder, tokenizer, names, 30)
    _save(
        folder,
        RobertaConfig(
            vocab_size=len(vocabulary),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
            initializer_range=0.3,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
        ),
    )
    return folder
