"""Tensors of each family: all of every parameter has a place, once, and the odd orders are those of the formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from syntagma.language_models.config import Biases, DecoderConfig, Experts, Family, Rotary
from syntagma.language_models.families import FAMILIES, by_parameter
from syntagma.language_models.parameters import parameter_shapes


def tiny(family: Family, **changes: Any) -> DecoderConfig:
    """A decoder of a family with sizes that are all different."""
    odd: dict[str, dict[str, Any]] = {
        "phi3": {},
        "llama": {"biases": Biases(qkv=True, attention_output=True, feed_forward=True)},
        "phimoe": {"norm": "layer", "experts": Experts(3), "biases": Biases(True, True, head=True)},
        "phi3small": {"norm": "layer", "activation": "gegelu", "biases": Biases(True, True, True), "tied": True},
    }
    sizes = {"vocab_size": 11, "hidden_size": 10, "intermediate_size": 7, "num_layers": 2, "num_heads": 6}
    rest = {"num_kv_heads": 2, "head_size": 4, "rotary": Rotary(4), "max_positions": 64}
    return DecoderConfig(family=family, **{**sizes, **rest, **odd[family], **changes})


def filled(config: DecoderConfig) -> dict[str, torch.Tensor]:
    """Parameters of which every element is another number."""
    parameters, start = {}, 0
    for name, shape in parameter_shapes(config).items():
        count = torch.Size(shape).numel()
        parameters[name] = torch.arange(start, start + count).view(shape)
        start += count
    return parameters


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_element_has_one_place(family: Family, tied: bool) -> None:
    config = tiny(family, tied=tied)
    parameters = filled(config)
    placements = FAMILIES[config.family].placements(config)
    assert set(by_parameter(placements)) == set(parameters)
    stored = {placement.stored: placement.to_store(parameters[placement.parameter]) for placement in placements}
    assert len(stored) == len(placements)
    assert all(stored[placement.stored].shape == placement.shape for placement in placements)
    elements = torch.cat([tensor.flatten() for tensor in stored.values()]).sort().values
    assert elements.equal(torch.arange(len(elements)))
    assert len(elements) == sum(tensor.numel() for tensor in parameters.values())
    assert ("lm_head.weight" in stored) == (not tied)


@pytest.mark.parametrize("family", FAMILIES)
def test_parts_are_views(family: Family) -> None:
    config = tiny(family)
    for placement in FAMILIES[config.family].placements(config):
        parameter = torch.zeros(parameter_shapes(config)[placement.parameter])
        for part in placement.parts(parameter):
            assert part.untyped_storage().data_ptr() == parameter.untyped_storage().data_ptr()


def test_phi_3_small_stores_queries_keys_and_values_by_group() -> None:
    config = tiny("phi3small")
    parameters = filled(config)
    stored = {p.stored: p.to_store(parameters[p.parameter]) for p in FAMILIES["phi3small"].placements(config)}
    for part in ("weight", "bias"):
        ours = parameters[f"layers.1.attention.qkv.{part}"]
        theirs = stored[f"model.layers.1.self_attn.query_key_value.{part}"].view(2, 5, 4, *ours.shape[1:])
        for group in range(2):
            for query in range(3):
                row = (group * 3 + query) * 4
                assert theirs[group, query].equal(ours[row : row + 4])
            assert theirs[group, 3].equal(ours[24 + group * 4 : 28 + group * 4])
            assert theirs[group, 4].equal(ours[32 + group * 4 : 36 + group * 4])


def test_phi_3_small_stores_gate_and_value_in_turn() -> None:
    config = tiny("phi3small")
    parameters = filled(config)
    stored = {p.stored: p.to_store(parameters[p.parameter]) for p in FAMILIES["phi3small"].placements(config)}
    for part in ("weight", "bias"):
        ours, theirs = parameters[f"layers.0.feed_forward.gate_up.{part}"], stored[f"model.layers.0.mlp.up_proj.{part}"]
        assert theirs[0::2].equal(ours[:7])
        assert theirs[1::2].equal(ours[7:])


def test_experts_are_gate_up_and_down() -> None:
    config = tiny("phimoe")
    parameters = filled(config)
    stored = {p.stored: p.to_store(parameters[p.parameter]) for p in FAMILIES["phimoe"].placements(config)}
    expert = "model.layers.1.block_sparse_moe.experts.2"
    gate_up = parameters["layers.1.feed_forward.gate_up.weight"][2]
    assert stored[f"{expert}.w1.weight"].equal(gate_up[:7])
    assert stored[f"{expert}.w3.weight"].equal(gate_up[7:])
    assert stored[f"{expert}.w2.weight"].equal(parameters["layers.1.feed_forward.down.weight"][2])
