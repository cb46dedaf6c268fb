"""What a safetensors file holds, read from its first bytes alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints.stored_tensor import StoredTensor, plain

PRECISIONS = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
_LENGTH_BYTES = 8


def read_header(path: Path) -> dict[str, StoredTensor]:
    """Every tensor of a file by name.

    Raises:
        ModelError: the file is missing, damaged, or shorter than its header says.
    """
    try:
        with safe_open(path, framework="pt"):  # it checks the header against the file's size
            pass
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(_LENGTH_BYTES), "little")
            entries = json.loads(stream.read(length))
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"this is not a whole safetensors file; it is missing, truncated or damaged ({error})",
            where=str(path),
            fix="Get the model again",
        ) from error
    entries.pop("__metadata__", None)
    return {name: _stored(path, _LENGTH_BYTES + length, entry) for name, entry in entries.items()}


def _stored(path: Path, data: int, entry: dict[str, Any]) -> StoredTensor:
    begin, end = entry["data_offsets"]
    encoding = plain(entry["dtype"], PRECISIONS.get(entry["dtype"], torch.uint8))
    return StoredTensor(tuple(entry["shape"]), encoding, path, data + begin, end - begin)
