"""What an encoder's vectors depend on, as one digest: another weight, setting or vocabulary gives another one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any, cast

import torch

from syntagma.encoders.character_lm import CharacterLM
from syntagma.encoders.encoder import Encoder
from syntagma.encoders.transformer import Transformer

VERSION = 1
"""Raised whenever an encoder here reads the same text in another way."""
_NOT_READ_BY = ("_name_or_path", "transformers_version")


def is_cacheable(encoder: Encoder) -> bool:
    """Whether its vectors never change and are dear to compute: a transformer or character model that is not tuned."""
    learns = any(parameter.requires_grad for parameter in encoder.parameters())
    return isinstance(encoder, Transformer | CharacterLM) and not learns


def fingerprint(encoder: Encoder) -> str:
    """64 hexadecimal digits. Raises ValueError for an encoder that is not cacheable."""
    if not is_cacheable(encoder):
        raise ValueError(f"{type(encoder).__name__} is not an encoder whose vectors can be kept")
    digest = hashlib.sha256(json.dumps(_settings(encoder), sort_keys=True, default=str).encode())
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def reads_around(encoder: Encoder) -> bool:
    """Whether it looks at the words around the own ones in their document."""
    return isinstance(encoder, Transformer) and encoder.options.context == "document"


def _settings(encoder: Encoder) -> list[Any]:
    """All that decides how texts are read, besides the tensors."""
    settings: list[Any] = [VERSION, type(encoder).__name__, encoder.width]
    if isinstance(encoder, Transformer):
        options = asdict(encoder.options) | {"stride": encoder.reader.stride, "window": encoder.reader.window}
        config = cast(Any, encoder.model.config).to_dict()
        read_by = {key: value for key, value in config.items() if key not in _NOT_READ_BY}
        settings += [options, read_by, encoder.tokenizer.backend_tokenizer.to_str()]
    elif isinstance(encoder, CharacterLM):
        settings.append(encoder.alphabet.characters)
    return settings
