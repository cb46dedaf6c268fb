"""Llama-type models such as SmolLM2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syntagma.language_models.config import Biases, DecoderConfig
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.halves import apart, linear, rows_of_linear
from syntagma.language_models.families.placement import Placement
from syntagma.language_models.families.rope import read_rotary
from syntagma.language_models.families.sizes import read_sizes, write_sizes


def read(config: ConfigJson) -> DecoderConfig:
    """The decoder of a config.json. Raises ModelError."""
    config.only("hidden_act", "silu")
    config.only("rope_interleaved", False)
    config.only("sliding_window")
    sizes = read_sizes(config)
    attends_with_bias = config.flag("attention_bias", False)
    return DecoderConfig(
        family="llama",
        **sizes,
        intermediate_size=config.integer("intermediate_size"),
        rotary=read_rotary(config, sizes["head_size"], theta=10_000.0, long=False),
        norm_epsilon=config.number("rms_norm_eps", 1e-6),
        biases=Biases(attends_with_bias, attends_with_bias, config.flag("mlp_bias", False)),
        tied=config.flag("tie_word_embeddings", False),
    )


def write(config: DecoderConfig) -> dict[str, Any]:
    """The config.json of a decoder, which transformers reads."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **write_sizes(config),
        "attention_bias": config.biases.qkv,
        "mlp_bias": config.biases.feed_forward,
    }


def placements(config: DecoderConfig) -> list[Placement]:
    """Queries, keys and values are stored apart, and so are gate and up."""
    return list(apart(config, "mlp", _feed_forward))


def _feed_forward(stored: str, parameter: str, config: DecoderConfig) -> Iterator[Placement]:
    inner, bias = config.intermediate_size, config.biases.feed_forward
    for name, start in (("gate_proj", 0), ("up_proj", inner)):
        shape = (inner, config.hidden_size)
        yield from rows_of_linear(f"{stored}.{name}", f"{parameter}.gate_up", shape, start=start, bias=bias)
    yield from linear(f"{stored}.down_proj", f"{parameter}.down", (config.hidden_size, inner), bias=bias)


LLAMA = ModelFamily(
    model_types=("llama",),
    read=read,
    write=write,
    placements=placements,
)
