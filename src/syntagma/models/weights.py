"""Weights on disk: safetensors, readable by everyone, with write errors that say what the system said."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

PRECISIONS = {"float16": torch.float16, "float32": torch.float32}
"""How a recipe may want its model's weights."""


def write_weights(path: Path, tensors: Mapping[str, Tensor], *, dtype: torch.dtype | None = None) -> None:
    """Write tensors, those of floating point as `dtype` if given.

    Raises:
        OSError: the file cannot be written, for instance because the disk is full.
    """
    try:
        save_file({name: _plain(tensor, dtype) for name, tensor in tensors.items()}, path)
    except SafetensorError as error:  # it wraps what the system says in words only
        reason = str(error).removeprefix("Error while serializing: ")
        raise OSError(errno.EIO, reason, str(path)) from error
    path.chmod(0o644)


def _plain(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    tensor = tensor.detach().cpu()
    return (tensor.to(dtype) if dtype and tensor.is_floating_point() else tensor).clone().contiguous()
