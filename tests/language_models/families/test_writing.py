"""What is written as config.json reads back as the same decoder, here and in transformers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syntagma.errors import ModelError
from syntagma.language_models.config import Rotary
from syntagma.language_models.families import read_config, write_config

Configs = dict[str, dict[str, Any]]


def test_a_written_config_reads_back(released: dict[str, Any]) -> None:
    config = read_config(released)
    assert read_config(json.loads(json.dumps(write_config(config)))) == config


@pytest.mark.parametrize("name", ["mini", "mini-long", "medium", "mini-4", "moe", "smollm"])
def test_transformers_reads_what_is_written(config_json: Configs, name: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    config = read_config(config_json[name])
    (tmp_path / "config.json").write_text(json.dumps(write_config(config)))
    theirs = transformers.AutoConfig.from_pretrained(tmp_path)
    if name == "medium":  # transformers 5 itself trips over the released "su"
        config_json[name]["rope_scaling"]["type"] = "longrope"
    released = transformers.AutoConfig.for_model(**config_json[name])
    assert type(theirs) is type(released)
    for key in ("hidden_size", "sliding_window", "tie_word_embeddings", "num_key_value_heads", "eos_token_id"):
        assert getattr(theirs, key, None) == getattr(released, key, None), key
    assert same_names(theirs.rope_parameters) == same_names(released.rope_parameters)
    theirs.save_pretrained(tmp_path)
    assert read_config(json.loads((tmp_path / "config.json").read_text())) == config


def same_names(rope: dict[str, Any]) -> dict[str, Any]:
    """Without what is only another word for the same."""
    return {key: value for key, value in rope.items() if key != "type"}


def test_an_attention_factor_is_written(config_json: Configs) -> None:
    mini = config_json["mini-long"]
    assert "attention_factor" not in write_config(read_config(mini))["rope_scaling"]
    mini["rope_scaling"]["attention_factor"] = 1.5
    assert write_config(read_config(mini))["rope_scaling"]["attention_factor"] == 1.5


@pytest.mark.parametrize("size", range(2, 89, 2))
def test_the_share_that_turns_is_never_rounded_down(config_json: Configs, size: int) -> None:
    config = replace(read_config(config_json["mini"]), head_size=88, rotary=Rotary(size))
    assert read_config(write_config(config)).rotary.size == size


def test_two_scales_have_no_place_in_a_phi_3_config(config_json: Configs) -> None:
    config = read_config(config_json["mini-long"])
    assert config.rotary.long is not None
    rotary = replace(config.rotary, long=replace(config.rotary.long, short_scale=1.0))
    with pytest.raises(ModelError, match=r"LongRoPE scales of 1\.0 and 1\.19"):
        write_config(replace(config, rotary=rotary))
