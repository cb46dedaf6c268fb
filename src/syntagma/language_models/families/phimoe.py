"""Phi-3.5-MoE: two of sixteen experts for each token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syntagma.language_models.config import Biases, DecoderConfig, Experts
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.halves import apart
from syntagma.language_models.families.placement import Placement, rows_of_expert
from syntagma.language_models.families.rope import read_rotary
from syntagma.language_models.families.sizes import read_sizes, write_original_positions, write_sizes


def read(config: ConfigJson) -> DecoderConfig:
    """The decoder of a config.json. Raises ModelError."""
    config.only("hidden_act", "silu")
    config.only("num_experts_per_tok", 2)
    sizes = read_sizes(config)
    attends_with_bias = config.flag("attention_bias", False)
    return DecoderConfig(
        family="phimoe",
        **sizes,
        intermediate_size=config.integer("intermediate_size"),
        # The class in transformers takes a million where the file gives none; the released file gives ten thousand.
        rotary=read_rotary(config, sizes["head_size"], theta=1_000_000.0, long=True, scales=True),
        norm="layer",
        norm_epsilon=config.number("rms_norm_eps", 1e-5),
        window=config.integer_or_none("sliding_window"),
        experts=Experts(config.integer("num_local_experts"), config.number("router_jitter_noise", 0.01)),
        biases=Biases(attends_with_bias, attends_with_bias, head=config.flag("lm_head_bias", False)),
        tied=config.flag("tie_word_embeddings", False),
    )


def write(config: DecoderConfig) -> dict[str, Any]:
    """The config.json of a decoder, which transformers reads. Raises ModelError where there are no experts."""
    experts = expected_experts(config)
    return {
        "architectures": ["PhiMoEForCausalLM"],
        "model_type": "phimoe",
        **write_sizes(config),
        **write_original_positions(config, scales=True),
        "sliding_window": config.window,
        "num_local_experts": experts.count,
        "num_experts_per_tok": 2,
        "router_jitter_noise": experts.tolerance,
        "input_jitter_noise": 0.0,
        "attention_bias": config.biases.qkv,
        "lm_head_bias": config.biases.head,
    }


def expected_experts(config: DecoderConfig) -> Experts:
    """The experts of a config of this family, which always has some."""
    assert config.experts is not None, "a config of the family phimoe has experts"
    return config.experts


def placements(config: DecoderConfig) -> list[Placement]:
    """Queries, keys and values are stored apart, and so are the experts: w1 is the gate, w3 up, w2 down."""
    return list(apart(config, "block_sparse_moe", _experts))


def _experts(stored: str, parameter: str, config: DecoderConfig) -> Iterator[Placement]:
    count, inner, size = expected_experts(config).count, config.intermediate_size, config.hidden_size
    yield Placement(f"{stored}.gate.weight", (count, size), f"{parameter}.router.weight")
    for number in range(count):
        expert = f"{stored}.experts.{number}"
        for name, start in (("w1", 0), ("w3", inner)):
            place = rows_of_expert(number, start, inner)
            yield Placement(f"{expert}.{name}.weight", (inner, size), f"{parameter}.gate_up.weight", place)
        place = rows_of_expert(number, 0, size)
        yield Placement(f"{expert}.w2.weight", (size, inner), f"{parameter}.down.weight", place)


PHIMOE = ModelFamily(
    model_types=("phimoe",),
    read=read,
    write=write,
    placements=placements,
)
