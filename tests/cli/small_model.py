"""A language model's folder small enough for tests: random weights, a tokenizer trained on a few lines, no template."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch

MARKS = ("<|tool_call|>", "<|/tool_call|>", "<|tool_response|>")
READS = 400
"""Tokens that it can read."""


def save_small_model(folder: Path, *, seed: int = 0, reads: int = READS) -> Path:
    """Write the folder. It answers with nonsense, always the same."""
    from syntagma.language_models.checkpoints.saving import save_folder
    from syntagma.language_models.parameters import parameter_shapes
    from syntagma.language_models.tokenization import Tokenizer

    from ..language_models.random_decoders import LLAMA
    from ..language_models.small_tokenizers import byte_level_description

    description = byte_level_description(*MARKS)
    config = replace(LLAMA, vocab_size=Tokenizer(description).size, max_positions=reads, num_layers=2)
    generator = torch.Generator().manual_seed(seed)
    parameters = {
        name: torch.randn(shape, generator=generator) * 0.3 + ("norm" in name)
        for name, shape in parameter_shapes(config).items()
    }
    written = {"tokenizer.json": description, "tokenizer_config.json": {"eos_token": "<|endoftext|>"}}
    beside = []
    for name, contents in written.items():
        beside.append(folder.parent / name)
        beside[-1].write_text(json.dumps(contents), encoding="utf-8")
    save_folder(parameters, config, folder, beside=beside)
    return folder
