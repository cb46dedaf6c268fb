"""Every tensor that transformers saved lands where it should, and what we save has the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from syntagma.errors import ModelError, OutputError
from syntagma.language_models.checkpoints import open_folder, save_folder
from syntagma.language_models.parameters import parameter_shapes

FAMILIES = ["phi3", "phimoe", "llama"]
Saved = Callable[[str], Any]


def expected(state: dict[str, Tensor], config: Any) -> dict[str, Tensor]:
    """The decoder's parameters, from what a model of transformers holds in memory."""
    found = {"embedding.weight": state["model.embed_tokens.weight"]}
    for name, tensor in state.items():
        if name.startswith("model.norm."):
            found[name.removeprefix("model.")] = tensor
        elif name.startswith("lm_head.") and not (config.tied and name.endswith("weight")):
            found[name.replace("lm_head", "head")] = tensor
    for layer in range(config.num_layers):
        of_layer = {
            name.removeprefix(f"model.layers.{layer}."): tensor
            for name, tensor in state.items()
            if name.startswith(f"model.layers.{layer}.")
        }
        found |= {f"layers.{layer}.{name}": tensor for name, tensor in expected_of_layer(of_layer).items()}
    return found


def expected_of_layer(state: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {
        "input_layernorm": "attention_norm",
        "self_attn.qkv_proj": "attention.qkv",
        "self_attn.o_proj": "attention.output",
        "post_attention_layernorm": "feed_forward_norm",
        "mlp.gate_up_proj": "feed_forward.gate_up",
        "mlp.down_proj": "feed_forward.down",
        "mlp.router": "feed_forward.router",
    }
    found: dict[str, Tensor] = {}
    for part in ("weight", "bias"):
        found |= {
            f"{ours}.{part}": state[f"{name}.{part}"] for name, ours in names.items() if f"{name}.{part}" in state
        }
        if f"self_attn.q_proj.{part}" in state:
            found[f"attention.qkv.{part}"] = torch.cat([state[f"self_attn.{x}_proj.{part}"] for x in "qkv"])
        if f"mlp.gate_proj.{part}" in state:
            gate_up = [state[f"mlp.{x}_proj.{part}"] for x in ("gate", "up")]
            found[f"feed_forward.gate_up.{part}"] = torch.cat(gate_up)
    if "mlp.experts.gate_up_proj" in state:
        found["feed_forward.gate_up.weight"] = state["mlp.experts.gate_up_proj"]
        found["feed_forward.down.weight"] = state["mlp.experts.down_proj"]
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_every_tensor_lands_where_it_should(saved: Saved, family: str) -> None:
    model, folder = saved(family)
    checkpoint = open_folder(folder)
    found = dict(checkpoint.parameters(torch.bfloat16))
    reference = expected(model.state_dict(), checkpoint.config)
    assert list(found) == list(parameter_shapes(checkpoint.config))
    assert found.keys() == reference.keys()
    for name, tensor in found.items():
        assert tensor.dtype == torch.bfloat16
        assert tensor.equal(reference[name]), name
    assert checkpoint.nbytes == sum(tensor.nbytes for tensor in found.values())
    assert (checkpoint.stored_as, checkpoint.dtype) == ("BF16", torch.bfloat16)


@pytest.mark.parametrize("family", FAMILIES)
def test_reading_converts(saved: Saved, family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = open_folder(saved(family).folder)
    half = dict(checkpoint.parameters(torch.bfloat16))
    monkeypatch.setattr("syntagma.language_models.checkpoints.stored_tensor.CHUNK", 200)  # many pieces, the last odd
    for name, tensor in checkpoint.parameters(torch.float32):
        assert tensor.dtype == torch.float32
        assert tensor.equal(half[name].float()), name


@pytest.mark.parametrize("family", FAMILIES)
def test_saving_gives_back_the_same_bytes(saved: Saved, family: str, tmp_path: Path) -> None:
    folder = saved(family).folder
    checkpoint = open_folder(folder)
    save_folder(dict(checkpoint.parameters(torch.bfloat16)), checkpoint.config, tmp_path / "again")
    assert (tmp_path / "again/model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert open_folder(tmp_path / "again").config == checkpoint.config


@pytest.mark.parametrize("family", FAMILIES)
def test_transformers_reads_what_is_saved(saved: Saved, family: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    folder = saved(family).folder
    checkpoint = open_folder(folder)
    save_folder(dict(checkpoint.parameters(torch.bfloat16)), checkpoint.config, tmp_path / "again", shard_bytes=8000)
    assert len(list((tmp_path / "again").glob("model-*.safetensors"))) > 2
    model, again = (transformers.AutoModelForCausalLM.from_pretrained(path) for path in (folder, tmp_path / "again"))
    assert again.dtype == torch.bfloat16
    tokens = torch.arange(24).view(2, 12)
    with torch.no_grad():
        assert again(tokens).logits.equal(model(tokens).logits)


def test_shards_of_transformers(saved: Saved, tmp_path: Path) -> None:
    model, folder = saved("phimoe")
    model.save_pretrained(tmp_path, max_shard_size="20KB")
    assert (tmp_path / "model.safetensors.index.json").is_file()
    whole = dict(open_folder(folder).parameters(torch.bfloat16))
    for name, tensor in open_folder(tmp_path).parameters(torch.bfloat16):
        assert tensor.equal(whole[name]), name


def test_phi_3_small_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    from syntagma.language_models.config import Biases, BlockSparsity, DecoderConfig, Rotary

    config = DecoderConfig(
        family="phi3small",
        vocab_size=50,
        hidden_size=24,
        intermediate_size=20,
        num_layers=2,
        num_heads=6,
        num_kv_heads=2,
        head_size=4,
        rotary=Rotary(4, theta=1e6),
        max_positions=64,
        norm="layer",
        activation="gegelu",
        gegelu_limit=20.0,
        attention_scale=1 / 4,
        sparsity=BlockSparsity(),
        biases=Biases(qkv=True, attention_output=True, feed_forward=True),
        tied=True,
        embedding_multiplier=10.0,
        logit_divisor=8.0,
        dummy_tokens=(48, 49),
    )
    generator = torch.Generator().manual_seed(1)
    parameters = {n: torch.randn(shape, generator=generator) for n, shape in parameter_shapes(config).items()}
    save_folder(parameters, config, tmp_path / "small")
    stored = load_file(tmp_path / "small/model.safetensors")
    gate = parameters["layers.1.feed_forward.gate_up.weight"][:20]
    assert stored["model.layers.1.mlp.up_proj.weight"][0::2].equal(gate)
    # Released files hold this besides; it follows from the config.
    save_file(
        stored | {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(2)}, tmp_path / "small/model.safetensors"
    )
    checkpoint = open_folder(tmp_path / "small")
    assert checkpoint.config == config
    assert checkpoint.left_aside == ("model.layers.0.self_attn.rotary_emb.inv_freq",)
    for dtype in (torch.float32, torch.float64):  # read straight in, and converted
        for name, tensor in checkpoint.parameters(dtype):
            assert tensor.equal(parameters[name].to(dtype)), name


def test_the_text_part_of_a_multimodal_model(saved: Saved, tmp_path: Path) -> None:
    folder = saved("phi3").folder
    tensors = load_file(folder / "model.safetensors")
    renamed = {name.replace("_proj.weight", "_proj.base_layer.weight"): tensor for name, tensor in tensors.items()}
    adapter = "model.layers.0.mlp.down_proj.lora_A.speech.weight"
    tower = "model.embed_tokens_extend.image_embed.glb_GN"
    save_file({**renamed, adapter: torch.ones(2, 2), tower: torch.ones(1)}, tmp_path / "model.safetensors")
    values = json.loads((folder / "config.json").read_text()) | {"model_type": "phi4mm"}
    (tmp_path / "config.json").write_text(json.dumps(values))
    checkpoint = open_folder(tmp_path)
    assert checkpoint.left_aside == (tower, adapter)
    text = dict(open_folder(folder).parameters(torch.float32))
    for name, tensor in checkpoint.parameters(torch.float32):
        assert tensor.equal(text[name]), name


def test_tokens_that_end_a_text_are_those_of_the_generation_config(saved: Saved, tmp_path: Path) -> None:
    checkpoint = open_folder(saved("phi3").folder)
    save_folder(dict(checkpoint.parameters(torch.bfloat16)), checkpoint.config, tmp_path / "x")
    assert open_folder(tmp_path / "x").config.end_tokens == (2,)
    (tmp_path / "x/generation_config.json").write_text('{"eos_token_id": [5, 2]}')
    assert open_folder(tmp_path / "x").config.end_tokens == (5, 2)
    (tmp_path / "x/generation_config.json").unlink()
    assert open_folder(tmp_path / "x").config.end_tokens == (2,)


def test_what_lies_beside_is_copied(saved: Saved, tmp_path: Path) -> None:
    checkpoint = open_folder(saved("llama").folder)
    (tmp_path / "tokenizer.json").write_text("{}")
    parameters = dict(checkpoint.parameters(torch.bfloat16))
    save_folder(parameters, checkpoint.config, tmp_path / "x", beside=[tmp_path / "tokenizer.json"])
    assert (tmp_path / "x/tokenizer.json").read_text() == "{}"


def test_a_full_disk_leaves_what_was_there(saved: Saved, tmp_path: Path, tight_disk: Callable[[int], Any]) -> None:
    checkpoint = open_folder(saved("llama").folder)
    parameters = dict(checkpoint.parameters(torch.bfloat16))
    save_folder(parameters, checkpoint.config, tmp_path / "x")
    with tight_disk(4000), pytest.raises(OutputError):
        save_folder(parameters, checkpoint.config, tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert open_folder(tmp_path / "x").config == checkpoint.config


def test_a_file_that_shrinks_after_it_was_opened(saved: Saved, tmp_path: Path) -> None:
    checkpoint = open_folder(saved("llama").folder)
    save_folder(dict(checkpoint.parameters(torch.bfloat16)), checkpoint.config, tmp_path / "x")
    opened = open_folder(tmp_path / "x")
    weights = tmp_path / "x/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    for dtype in (torch.bfloat16, torch.float32):
        with pytest.raises(ModelError, match="the file ends early"):
            list(opened.parameters(dtype))
