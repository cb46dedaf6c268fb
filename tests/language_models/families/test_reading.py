"""config.json of each family becomes the decoder that phi-decoder.md describes, in every spelling."""

from __future__ import annotations

from typing import Any

import pytest

from syntagma.language_models.config import Biases, BlockSparsity, DecoderConfig, Experts
from syntagma.language_models.families import read_config
from syntagma.language_models.families.phi3small import DUMMY_TOKENS

Configs = dict[str, dict[str, Any]]


@pytest.mark.parametrize(
    ("name", "heads", "kv_heads", "head_size", "turning", "window", "parameters"),
    [
        ("mini", 32, 32, 96, 96, 2047, 3_821_079_552),
        ("mini-long", 32, 32, 96, 96, 262_144, 3_821_079_552),
        ("medium", 40, 10, 128, 128, 131_072, 13_960_238_080),
        ("mini-4", 24, 8, 128, 96, 262_144, 3_836_021_760),
        ("multimodal", 24, 8, 128, 96, 262_144, 3_836_021_760),
        ("small", 32, 8, 128, 128, None, 7_392_272_384),
        ("moe", 32, 8, 128, 128, 131_072, 41_873_153_344),
        ("smollm", 9, 3, 64, 64, None, 134_515_008),
    ],
)
def test_sizes_of_the_released_models(
    config_json: Configs,
    name: str,
    heads: int,
    kv_heads: int,
    head_size: int,
    turning: int,
    window: int | None,
    parameters: int,
) -> None:
    config = read_config(config_json[name])
    assert (config.num_heads, config.num_kv_heads, config.head_size) == (heads, kv_heads, head_size)
    assert config.rotary.size == turning
    assert config.window == window
    assert config.parameters == parameters


def test_phi_4_mini(config_json: Configs) -> None:
    config = read_config(config_json["mini-4"])
    assert config.family == "phi3"
    assert config.tied
    assert config.norm == "rms"
    assert config.end_tokens == (199_999,)
    assert config.rotary.long is not None
    assert config.rotary.long.original_positions == 4096
    assert config.rotary.long.short_scale == config.rotary.long.long_scale == pytest.approx(1.1902380714, abs=1e-10)


def test_phi_3_small(config_json: Configs) -> None:
    config = read_config(config_json["small"])
    assert config.scale == 1 / 128
    assert (config.embedding_multiplier, config.logit_divisor) == (10.0, 8.0)
    assert (config.activation, config.gegelu_limit, config.norm) == ("gegelu", 20.0, "layer")
    assert config.sparsity == BlockSparsity(64, 16, 8, 2)
    assert config.biases == Biases(qkv=True, attention_output=True, feed_forward=True, head=False)
    assert config.tied
    assert config.dummy_tokens == DUMMY_TOKENS
    assert len(DUMMY_TOKENS) == 6 + 85
    assert config.rotary.theta == 1e6
    assert config.rotary.long is not None
    assert (config.rotary.long.short_scale, config.rotary.long.long_scale) == (1.0, 1.1902380714238083)


def test_phi_3_small_without_scales_of_its_own_takes_the_formula(config_json: Configs) -> None:
    small = config_json["small"]
    small["rope_scaling"] = {k: v for k, v in small["rope_scaling"].items() if "mscale" not in k}
    long = read_config(small).rotary.long
    assert long is not None
    assert long.short_scale == long.long_scale == pytest.approx(1.1435437, abs=1e-7)


def test_phi_3_small_of_8k_turns_evenly(config_json: Configs) -> None:
    small = config_json["small"] | {"rope_scaling": None, "max_position_embeddings": 8192}
    assert read_config(small).rotary.long is None


def test_phi_3_5_moe(config_json: Configs) -> None:
    config = read_config(config_json["moe"])
    assert config.experts == Experts(16, 0.01)
    assert config.biases == Biases(qkv=True, attention_output=True, feed_forward=False, head=True)
    assert config.norm == "layer"
    assert config.rotary.theta == 10_000.0
    assert config.rotary.long is not None
    assert (config.rotary.long.short_scale, config.rotary.long.long_scale) == (1.243163121016122,) * 2


def test_smollm(config_json: Configs) -> None:
    config = read_config(config_json["smollm"])
    assert (config.family, config.tied, config.rotary.theta) == ("llama", True, 100_000.0)
    assert config.norm_epsilon == 1e-5


def spellings(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The same Phi-4-mini config as different writers have put it."""
    bare = {key: config[key] for key in config if key not in ("rope_scaling", "rope_theta", "partial_rotary_factor")}
    factors = {key: config["rope_scaling"][key] for key in ("short_factor", "long_factor")}
    theta, share = {"rope_theta": 10000.0}, {"partial_rotary_factor": 0.75}
    original = {"original_max_position_embeddings": 4096}
    inside = {key: value for key, value in bare.items() if key not in original}
    return {
        "transformers 5": bare
        | {"rope_parameters": {"rope_type": "longrope", **factors, **theta, **share, **original}},
        "su": bare | theta | share | {"rope_scaling": {"type": "su", **factors}},
        "yarn": bare | theta | share | {"rope_scaling": {"type": "yarn", **factors}},
        "both types": bare | theta | share | {"rope_scaling": {"type": "su", "rope_type": "longrope", **factors}},
        "original inside": inside | theta | share | {"rope_scaling": {"type": "longrope", **factors, **original}},
        "theta left out": bare | share | {"rope_scaling": {"type": "longrope", **factors}},
    }


@pytest.mark.parametrize(
    "spelling", ["transformers 5", "su", "yarn", "both types", "original inside", "theta left out"]
)
def test_every_spelling_means_the_same(config_json: Configs, spelling: str) -> None:
    assert read_config(spellings(config_json["mini-4"])[spelling]) == read_config(config_json["mini-4"])


def test_an_attention_factor_wins_over_the_formula(config_json: Configs) -> None:
    mini = config_json["mini-long"]
    mini["rope_scaling"] = mini["rope_scaling"] | {"attention_factor": 1.5}
    long = read_config(mini).rotary.long
    assert long is not None
    assert (long.short_scale, long.long_scale) == (1.5, 1.5)


def test_no_scale_where_positions_were_not_extended(config_json: Configs) -> None:
    mini = config_json["mini-long"] | {"max_position_embeddings": 4096}
    long = read_config(mini).rotary.long
    assert long is not None
    assert long.long_scale == 1.0


def test_key_value_heads_default_to_query_heads(config_json: Configs) -> None:
    mini = config_json["mini"] | {"num_key_value_heads": None}
    assert read_config(mini).num_kv_heads == 32


def test_several_end_tokens(config_json: Configs) -> None:
    config: DecoderConfig = read_config(config_json["mini"] | {"eos_token_id": [32000, 32007]})
    assert config.end_tokens == (32000, 32007)
