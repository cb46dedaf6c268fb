"""A config.json that is not of a family is refused with the key, what stands there, and the file."""

from __future__ import annotations

from typing import Any

import pytest

from syntagma.errors import ModelError
from syntagma.language_models.families import read_config

Configs = dict[str, dict[str, Any]]


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(ModelError) as caught:
        read_config(values, where="models/x/config.json")
    assert str(caught.value).startswith("models/x/config.json")
    return str(caught.value)


def test_an_unknown_family_names_the_known_ones() -> None:
    message = refusal({"model_type": "gpt2"})
    assert "the model type 'gpt2' is not known" in message
    assert "phi3, phi4mm, phi4_multimodal, phi3small, phimoe, llama" in message


def test_no_family() -> None:
    assert "the key 'model_type' is missing" in refusal({})


@pytest.mark.parametrize(
    "key", ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"]
)
def test_a_missing_size(released: dict[str, Any], key: str) -> None:
    del released[key]
    assert f"the key '{key}' is missing" in refusal(released)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "mini",
            {"hidden_act": "gelu"},
            "'hidden_act' is 'gelu', which this family does not have. Models of the family say 'silu'",
        ),
        ("small", {"hidden_act": "silu"}, "Models of the family say 'gegelu'"),
        ("mini", {"hidden_size": "3072"}, "'hidden_size' is '3072', not a whole number"),
        ("mini", {"max_position_embeddings": 10**400}, "not a whole number"),
        ("mini", {"rope_theta": 10**400}, "not a number"),
        ("mini", {"hidden_size": True}, "'hidden_size' is True, not a whole number"),
        ("mini", {"rms_norm_eps": float("nan")}, "'rms_norm_eps' is nan, not a number"),
        ("mini", {"tie_word_embeddings": "no"}, "'tie_word_embeddings' is 'no', not true or false"),
        ("mini", {"hidden_size": 3073}, "'hidden_size' 3073 is no multiple of the 32 'num_attention_heads'"),
        ("mini", {"num_attention_heads": 0, "num_key_value_heads": 0}, "no multiple of the 0"),
        ("mini", {"num_key_value_heads": 5}, "32 query heads and 5 key-value heads"),
        ("mini", {"rope_scaling": {"type": "linear", "factor": 2.0}}, "rotary positions of the type 'linear'"),
        ("mini", {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "have 'default' and 'longrope'"),
        ("mini", {"rope_scaling": "longrope"}, "'rope_scaling' is 'longrope', not an object"),
        ("mini", {"rope_parameters": {"full": {"rope_theta": 1.0}}}, "different ones for different layers"),
        ("mini", {"eos_token_id": [1, "</s>"]}, "'eos_token_id' is '</s>', not a whole number"),
        ("mini-4", {"mlp_bias": True}, "'mlp_bias' is True, which this family does not have"),
        ("smollm", {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "the type 'llama3'"),
        ("smollm", {"rope_scaling": {"type": "longrope"}}, "have 'default'"),
        ("smollm", {"rope_interleaved": True}, "'rope_interleaved' is True"),
        ("moe", {"num_experts_per_tok": 4}, "'num_experts_per_tok' is 4"),
        ("moe", {"num_local_experts": 1}, "1 experts"),
        ("small", {"blocksparse_homo_head_pattern": True}, "'blocksparse_homo_head_pattern' is True"),
        ("small", {"blocksparse_vert_stride": 0}, "block-sparse attention with stride 0"),
        ("small", {"rope_position_scale": 2.0}, "'rope_position_scale' is 2.0"),
    ],
)
def test_a_value_that_no_such_model_has(config_json: Configs, name: str, changes: dict[str, Any], message: str) -> None:
    assert message in refusal(config_json[name] | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"short_factor": [1.0] * 47}, "47 short factors of LongRoPE for 96 rotary dimensions"),
        ({"long_factor": [1.0] * 64}, "64 long factors of LongRoPE for 96 rotary dimensions"),
        ({"long_factor": [0.0] * 48}, "'long_factor' holds a number that is not above 0"),
        ({"long_factor": ["1"] * 48}, "not a list of numbers"),
        ({"long_factor": None}, "the key 'long_factor' is missing"),
    ],
)
def test_factors_that_do_not_fit(config_json: Configs, changes: dict[str, Any], message: str) -> None:
    mini = config_json["mini-long"]
    mini["rope_scaling"] = mini["rope_scaling"] | changes
    assert message in refusal(mini)


def test_long_positions_without_the_original_ones(config_json: Configs) -> None:
    mini = config_json["mini-long"]
    del mini["original_max_position_embeddings"]
    assert "rope_scaling: the key 'original_max_position_embeddings' is missing" in refusal(mini)


def test_experts_need_both_scales(config_json: Configs) -> None:
    moe = config_json["moe"]
    moe["rope_scaling"] = {key: value for key, value in moe["rope_scaling"].items() if key != "long_mscale"}
    assert "the key 'long_mscale' is missing" in refusal(moe)
