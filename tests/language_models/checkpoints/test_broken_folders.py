"""Whatever is wrong with a model's folder is told when it is opened, before any weight is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints import open_folder, save_folder

Saved = Callable[[str], Any]


@pytest.fixture
def folder(saved: Saved, tmp_path: Path) -> Path:
    """A whole model in two or more shards, to be broken."""
    checkpoint = open_folder(saved("phi3").folder)
    parameters = dict(checkpoint.parameters(torch.bfloat16))
    save_folder(parameters, checkpoint.config, tmp_path / "model", shard_bytes=50_000)
    assert (tmp_path / "model/model-00002-of-00003.safetensors").is_file()
    return tmp_path / "model"


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        open_folder(folder)
    assert str(folder) in str(caught.value)
    return str(caught.value)


def change_index(folder: Path, name: str, shard: Any) -> None:
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    index["weight_map"][name] = shard
    path.write_text(json.dumps(index))


def change_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    """Put all weights into one file, changed."""
    tensors: dict[str, torch.Tensor] = {}
    for shard in sorted(folder.glob("model-*.safetensors")):
        tensors |= load_file(shard)
        shard.unlink()
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def test_no_folder(tmp_path: Path) -> None:
    assert "there is no such model folder" in refusal(tmp_path / "nothing")


def test_no_config(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "config.json: the file is missing" in refusal(folder)


@pytest.mark.parametrize("content", ["{", "[]", "\xff", "[" * 100_000])
def test_a_config_that_is_no_object(folder: Path, content: str) -> None:
    (folder / "config.json").write_bytes(content.encode("latin-1"))
    message = refusal(folder)
    assert "cannot be read as JSON" in message or "holds no JSON object" in message


def test_no_weights(folder: Path) -> None:
    for file in folder.glob("model*"):
        file.unlink()
    assert "neither model.safetensors nor model.safetensors.index.json is there" in refusal(folder)
    (folder / "pytorch_model.bin").write_bytes(b"")
    assert "pytorch_model.bin is a pickle, which is never opened" in refusal(folder)


def test_a_missing_shard(folder: Path) -> None:
    (folder / "model-00002-of-00003.safetensors").unlink()
    assert "the shard model-00002-of-00003.safetensors is missing" in refusal(folder)


@pytest.mark.parametrize("keep", [0, 4, 7, 100, -1, -5000])
def test_a_truncated_shard(folder: Path, keep: int) -> None:
    shard = folder / "model-00002-of-00003.safetensors"
    shard.write_bytes(shard.read_bytes()[:keep])
    message = refusal(folder)
    assert "not a whole safetensors file" in message
    assert shard.name in message


def test_a_header_that_claims_more_than_there_is(folder: Path) -> None:
    shard = folder / "model-00001-of-00003.safetensors"
    shard.write_bytes((2**60).to_bytes(8, "little") + shard.read_bytes()[8:])
    assert "not a whole safetensors file" in refusal(folder)


@pytest.mark.parametrize(
    "name", ["../model-00001-of-00003.safetensors", "/etc/passwd", "a\\b.safetensors", "x.bin", 7, ".."]
)
def test_an_index_that_leads_elsewhere(folder: Path, name: Any) -> None:
    shutil.copy(folder / "model-00001-of-00003.safetensors", folder.parent)
    change_index(folder, "model.norm.weight", name)
    assert f"{name!r} is not the name of a file in this folder" in refusal(folder)


def test_an_index_that_is_wrong(folder: Path) -> None:
    change_index(folder, "model.norm.weight", "model-00001-of-00003.safetensors")
    assert "the tensor model.norm.weight is not in model-00001-of-00003.safetensors" in refusal(folder)
    (folder / "model.safetensors.index.json").write_text("{}")
    assert "the key 'weight_map' is missing or empty" in refusal(folder)


def test_a_tensor_in_two_shards(folder: Path) -> None:
    shutil.copy(folder / "model-00001-of-00003.safetensors", folder / "model-copy.safetensors")
    change_index(folder, "again", "model-copy.safetensors")
    assert "is in another shard, too" in refusal(folder)


def test_a_missing_tensor(folder: Path) -> None:
    change_tensors(folder, lambda tensors: tensors.pop("model.layers.1.mlp.down_proj.weight"))
    assert "the tensor model.layers.1.mlp.down_proj.weight is missing. Get" in refusal(folder)


def test_a_tensor_of_another_family(folder: Path) -> None:
    change_tensors(folder, lambda tensors: tensors.update({"transformer.h.0.attn": torch.ones(1), "x": torch.ones(1)}))
    message = refusal(folder)
    assert "transformer.h.0.attn does not belong to a model of this family and config, and so for 1 more" in message


def test_a_tensor_of_another_shape(folder: Path) -> None:
    change_tensors(folder, lambda tensors: tensors.update({"model.norm.weight": torch.ones(49)}))
    assert "the tensor model.norm.weight has the shape [49]; the config asks for [48]" in refusal(folder)


@pytest.mark.parametrize(
    ("dtype", "name"), [(torch.float8_e4m3fn, "F8_E4M3"), (torch.int32, "I32"), (torch.uint8, "U8")]
)
def test_a_tensor_of_another_precision(folder: Path, dtype: torch.dtype, name: str) -> None:
    change_tensors(folder, lambda tensors: tensors.update({"model.norm.weight": torch.ones(48).to(dtype)}))
    assert f"the tensor model.norm.weight is stored as {name}. Give weights that are stored as F32" in refusal(folder)


def test_a_tensor_with_and_without_a_base_layer(folder: Path) -> None:
    name = "model.layers.0.mlp.down_proj.base_layer.weight"
    change_tensors(folder, lambda tensors: tensors.update({name: torch.ones(48, 80)}))
    assert "tensors are there twice, with and without '.base_layer.'" in refusal(folder)


def test_more_layers_than_could_be_there(folder: Path) -> None:
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {"num_hidden_layers": 10**12}))
    assert "asks for 1,000,000,000,000 layers or experts, and the files hold 20 tensors" in refusal(folder)


def test_an_odd_generation_config(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"eos_token_id": "</s>"}')
    assert "generation_config.json: 'eos_token_id' is '</s>', not a whole number" in refusal(folder)
