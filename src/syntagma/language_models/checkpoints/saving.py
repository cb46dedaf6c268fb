"""Writing a decoder as a model's folder, in the names and files that its family was released with."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from syntagma.atomic import replace_folder
from syntagma.language_models.checkpoints.model_folder import CONFIG, GENERATION, INDEX, WEIGHTS
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families import FAMILIES, by_parameter, write_config
from syntagma.language_models.families.sizes import write_tokens
from syntagma.language_models.parameters import parameter_shapes

SHARD_BYTES = 5_000_000_000


def save_folder(
    parameters: Mapping[str, Tensor],
    config: DecoderConfig,
    folder: str | Path,
    *,
    shard_bytes: int = SHARD_BYTES,
    beside: Iterable[Path] = (),
) -> None:
    """Write parameters, named as in `parameter_shapes`, so that `open_folder` and transformers read them back exactly.

    Each parameter is asked for once, in order, so the mapping may make them as it goes. `beside` are files to copy,
    such as the tokenizer's. An older folder of that name is replaced once all is written.

    Raises:
        OutputError: it cannot be written.
    """
    with replace_folder(folder) as fresh:
        dtype = _write_weights(_stored(parameters, config), fresh, shard_bytes)
        _write_json(fresh / CONFIG, write_config(config) | {"torch_dtype": str(dtype).removeprefix("torch.")})
        _write_json(
            fresh / GENERATION, {name: value for name, value in write_tokens(config).items() if value is not None}
        )
        for file in beside:
            shutil.copyfile(file, fresh / file.name)


def _stored(parameters: Mapping[str, Tensor], config: DecoderConfig) -> Iterator[tuple[str, Tensor]]:
    placements = by_parameter(FAMILIES[config.family].placements(config))
    for name in parameter_shapes(config):
        parameter = parameters[name].detach().cpu()
        for placement in placements[name]:
            yield placement.stored, placement.to_store(parameter)


def _write_weights(stored: Iterator[tuple[str, Tensor]], folder: Path, shard_bytes: int) -> torch.dtype:
    """Write the shards and their index; the precision of the largest tensor."""
    shards: list[list[str]] = []
    total, largest = 0, torch.empty(0)
    for shard in _shards(stored, shard_bytes):
        _write_shard(shard, folder / str(len(shards)))
        shards.append(list(shard))
        total += sum(tensor.nbytes for tensor in shard.values())
        largest = max(largest, *shard.values(), key=lambda tensor: tensor.nbytes)
    if len(shards) == 1:
        (folder / "0").rename(folder / WEIGHTS)
        return largest.dtype
    names = [f"model-{number + 1:05}-of-{len(shards):05}.safetensors" for number in range(len(shards))]
    for number, name in enumerate(names):
        (folder / str(number)).rename(folder / name)
    weight_map = {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
    _write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})
    return largest.dtype


def _shards(stored: Iterator[tuple[str, Tensor]], shard_bytes: int) -> Iterator[dict[str, Tensor]]:
    shard: dict[str, Tensor] = {}
    size = 0
    for name, tensor in stored:
        if shard and size + tensor.nbytes > shard_bytes:
            yield shard
            shard, size = {}, 0
        shard[name] = tensor
        size += tensor.nbytes
    yield shard


def _write_shard(shard: dict[str, Tensor], path: Path) -> None:
    # safetensors refuses tensors that share memory, as the parts of a parameter do.
    apart = {
        name: tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()
        for name, tensor in shard.items()
    }
    try:
        save_file(apart, path, metadata={"format": "pt"})
    except SafetensorError as error:  # it wraps what the system says in words only
        raise OSError(errno.EIO, str(error).removeprefix("Error while serializing: "), str(path)) from error
    path.chmod(0o644)


def _write_json(path: Path, values: Mapping[str, object]) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
