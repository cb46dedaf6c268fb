"""A model's folder: config.json, generation_config.json, and weights in one safetensors file or many."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints.checkpoint import Checkpoint, check_size, check_tensors
from syntagma.language_models.checkpoints.safetensors_header import read_header
from syntagma.language_models.checkpoints.stored_tensor import StoredTensor
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families import FAMILIES, ModelFamily, read_config
from syntagma.language_models.families.config_json import ConfigJson

CONFIG, GENERATION = "config.json", "generation_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
MAXIMUM_JSON_BYTES = 100_000_000
_FIX = "Get the model again"


def open_folder(path: str | Path) -> Checkpoint:
    """Open a released model; headers and configs are read, weights are not. Nothing in the folder is ever run.

    Raises:
        ModelError: a file, a key or a tensor is missing, odd, or of another family.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ModelError("there is no such model folder", where=str(folder), fix="Give a folder with config.json")
    config = _config(folder)
    family = FAMILIES[config.family]
    tensors = _plainly_named(_tensors(folder), family, folder)
    check_size(config, tensors, str(folder))
    placements = family.placements(config)
    left_aside = check_tensors(placements, tensors, aside=family.aside.fullmatch, where=str(folder))
    return Checkpoint(folder, config, placements, tensors, left_aside)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ModelError where there is none."""
    if not path.is_file():
        raise ModelError("the file is missing", where=str(path), fix=_FIX)
    try:
        if path.stat().st_size > MAXIMUM_JSON_BYTES:
            raise ModelError(f"the file is larger than {MAXIMUM_JSON_BYTES:,} bytes", where=str(path), fix=_FIX)
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"the file cannot be read as JSON: {error}", where=str(path), fix=_FIX) from error
    if not isinstance(values, dict):
        raise ModelError("the file holds no JSON object", where=str(path), fix=_FIX)
    return values


def _config(folder: Path) -> DecoderConfig:
    """The decoder; where the generation config names tokens that end a text, those count, as in transformers."""
    config = read_config(read_json(folder / CONFIG), where=str(folder / CONFIG))
    if not (folder / GENERATION).is_file():
        return config
    generation = ConfigJson(read_json(folder / GENERATION), str(folder / GENERATION))
    return replace(config, end_tokens=generation.tokens("eos_token_id") or config.end_tokens)


def _tensors(folder: Path) -> dict[str, StoredTensor]:
    if (folder / WEIGHTS).is_file():
        return read_header(folder / WEIGHTS)
    if (folder / INDEX).is_file():
        return _sharded(folder)
    pickled = sorted(file.name for file in folder.glob("*.bin"))
    found = f"; {pickled[0]} is a pickle, which is never opened" if pickled else ""
    raise ModelError(
        f"neither {WEIGHTS} nor {INDEX} is there{found}", where=str(folder), fix="Get the model as safetensors"
    )


def _sharded(folder: Path) -> dict[str, StoredTensor]:
    listed = _index(folder / INDEX)
    tensors: dict[str, StoredTensor] = {}
    for shard in sorted(set(listed.values())):
        held = read_header(folder / shard)
        twice = [name for name in held if name in tensors]
        if twice:
            raise ModelError(f"the tensor {twice[0]} is in another shard, too", where=str(folder / shard), fix=_FIX)
        tensors |= held
    for name, shard in listed.items():
        if name not in tensors or tensors[name].path.name != shard:
            raise ModelError(f"the tensor {name} is not in {shard}", where=str(folder / INDEX), fix=_FIX)
    return tensors


def _index(path: Path) -> dict[str, str]:
    """The file of each tensor. Raises ModelError for one that is missing or does not lie in the folder itself."""
    listed = read_json(path).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise ModelError("the key 'weight_map' is missing or empty", where=str(path), fix=_FIX)
    for shard in listed.values():
        plain = (
            isinstance(shard, str) and PurePosixPath(shard).name == shard and "\\" not in shard and "\0" not in shard
        )
        if not plain or not shard.endswith(".safetensors"):
            raise ModelError(f"{shard!r} is not the name of a file in this folder", where=str(path), fix=_FIX)
        if not (path.parent / shard).is_file():
            raise ModelError(f"the shard {shard} is missing", where=str(path.parent), fix=_FIX)
    return listed


def _plainly_named(tensors: dict[str, StoredTensor], family: ModelFamily, folder: Path) -> dict[str, StoredTensor]:
    named = {family.plain_name(name): tensor for name, tensor in tensors.items()}
    if len(named) != len(tensors):
        raise ModelError(f"tensors are there twice, with and without {family.infix!r}", where=str(folder), fix=_FIX)
    return named
