"""A model in a GGUF file, its weights quantised or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor

from syntagma.errors import MissingExtraError, ModelError
from syntagma.language_models.checkpoints.checkpoint import Checkpoint, check_size, check_tensors
from syntagma.language_models.checkpoints.gguf_header import GgufHeader, GgufTensor, read_gguf_header
from syntagma.language_models.checkpoints.gguf_models import FACTORS, gguf_placements, read_gguf_config
from syntagma.language_models.checkpoints.safetensors_header import PRECISIONS
from syntagma.language_models.checkpoints.stored_tensor import Encoding, StoredTensor, plain
from syntagma.language_models.families.config_json import ConfigJson


def open_gguf(path: str | Path) -> Checkpoint:
    """Open a GGUF file of the architecture llama or phi3; its header is read, its weights are not.

    Raises:
        ModelError: the file is missing, truncated or damaged, or of another architecture or type.
        MissingExtraError: the gguf package is not installed.
    """
    file = Path(path)
    header = read_gguf_header(file)
    metadata = ConfigJson(header.metadata, str(file))
    metadata.only("split.count", 0, 1)
    metadata.word("general.architecture")
    tensors = {tensor.name: _stored(tensor, header, file) for tensor in header.tensors}
    try:
        config = read_gguf_config(metadata, tensors, _factors(tensors))
    except ModelError as error:
        if error.where is not None:
            raise
        raise ModelError(error.found, where=str(file), fix=error.fix) from error
    check_size(config, tensors, str(file))
    placements = gguf_placements(config)
    check_tensors(placements, tensors, aside=set(FACTORS.values()).__contains__, where=str(file))
    return Checkpoint(file, config, placements, tensors, metadata=header.metadata)


def _stored(tensor: GgufTensor, header: GgufHeader, path: Path) -> StoredTensor:
    encoding, block, block_bytes = _encoding(tensor.kind, tensor.name, str(path))
    if not tensor.shape or tensor.shape[-1] % block:
        raise ModelError(
            f"the tensor {tensor.name} of shape {list(tensor.shape)} cannot be {encoding.name}", where=str(path)
        )
    nbytes = math.prod(tensor.shape) // block * block_bytes
    start = header.data + tensor.offset
    if start + nbytes > path.stat().st_size:
        raise ModelError(
            f"the GGUF file is truncated: the tensor {tensor.name} ends at byte {start + nbytes:,}",
            where=str(path),
            fix="Get the file again",
        )
    return StoredTensor(tensor.shape, encoding, path, start, nbytes)


def _encoding(kind: int, tensor: str, where: str) -> tuple[Encoding, int, int]:
    """How a ggml type stores numbers, how many go into a block, and its bytes."""
    try:
        return _ggml_encoding(kind)
    except (ValueError, NotImplementedError):
        raise ModelError(
            f"the tensor {tensor} has the ggml type {kind}, which the installed gguf package cannot decode",
            where=where,
            fix="Update it with: pip install --upgrade gguf",
        ) from None


@cache
def _ggml_encoding(kind: int) -> tuple[Encoding, int, int]:
    gguf = _gguf()
    ggml = gguf.GGMLQuantizationType(kind)
    block, block_bytes = gguf.GGML_QUANT_SIZES[ggml]
    if ggml.name in PRECISIONS:
        return plain(ggml.name, PRECISIONS[ggml.name]), block, block_bytes

    def decode(data: Tensor) -> Tensor:
        return torch.from_numpy(gguf.dequantize(data.view(1, -1).numpy(), ggml))

    decode(torch.zeros(block_bytes, dtype=torch.uint8))
    return Encoding(ggml.name, None, decode), block, block_bytes


def _gguf() -> ModuleType:
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("chat", "a GGUF file") from error
    module: ModuleType = gguf
    return module


def _factors(tensors: Mapping[str, StoredTensor]) -> dict[str, tuple[float, ...]]:
    """LongRoPE's factors, which stand among the tensors; none where one is missing."""
    if not all(name in tensors for name in FACTORS.values()):
        return {}
    return {kind: _numbers(tensors[name]) for kind, name in FACTORS.items()}


def _numbers(tensor: StoredTensor) -> tuple[float, ...]:
    numbers = torch.empty(tensor.shape)
    tensor.read_into((numbers,))
    return tuple(numbers.flatten().tolist())
