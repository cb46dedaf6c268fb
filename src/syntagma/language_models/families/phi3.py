"""Phi-3 mini and medium, Phi-3.5-mini, Phi-4-mini, and the text part of Phi-4-multimodal."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.placement import Placement
from syntagma.language_models.families.rope import read_rotary
from syntagma.language_models.families.sizes import read_sizes, write_original_positions, write_sizes
from syntagma.language_models.parameters import parameter_shapes

NAMES = {
    "embedding": "model.embed_tokens",
    "attention_norm": "input_layernorm",
    "attention.qkv": "self_attn.qkv_proj",
    "attention.output": "self_attn.o_proj",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate_up": "mlp.gate_up_proj",
    "feed_forward.down": "mlp.down_proj",
    "norm": "model.norm",
    "head": "lm_head",
}


def read(config: ConfigJson) -> DecoderConfig:
    """The decoder of a config.json. Raises ModelError."""
    config.only("hidden_act", "silu")
    for bias in ("attention_bias", "mlp_bias", "lm_head_bias"):
        config.only(bias, False)
    for unused in ("full_attn_mod", "interpolate_factor"):
        config.only(unused, 1)
    sizes = read_sizes(config)
    return DecoderConfig(
        family="phi3",
        **sizes,
        intermediate_size=config.integer("intermediate_size"),
        rotary=read_rotary(config, sizes["head_size"], theta=10_000.0, long=True),
        norm_epsilon=config.number("rms_norm_eps", 1e-5),
        window=config.integer_or_none("sliding_window"),
        tied=config.flag("tie_word_embeddings", False),
    )


def write(config: DecoderConfig) -> dict[str, Any]:
    """The config.json of a decoder, which transformers reads."""
    return {
        "architectures": ["Phi3ForCausalLM"],
        "model_type": "phi3",
        **write_sizes(config),
        **write_original_positions(config, scales=False),
        "partial_rotary_factor": turning_share(config.rotary.size, config.head_size),
        "sliding_window": config.window,
    }


def turning_share(size: int, head_size: int) -> float:
    """The share of a head that turns, such that its product with the head's size is not rounded down to less."""
    share = size / head_size
    return share if int(head_size * share) == size else math.nextafter(share, 1)


def placements(config: DecoderConfig) -> list[Placement]:
    """Every tensor is a whole parameter: the decoder holds them as this family stores them."""
    return list(_placements(config))


def _placements(config: DecoderConfig) -> Iterator[Placement]:
    for name, shape in parameter_shapes(config).items():
        owner, _, part = name.rpartition(".")
        if owner.startswith("layers."):
            _, layer, owner = owner.split(".", 2)
            yield Placement(f"model.layers.{layer}.{NAMES[owner]}.{part}", shape, name)
        else:
            yield Placement(f"{NAMES[owner]}.{part}", shape, name)


PHI3 = ModelFamily(
    model_types=("phi3", "phi4mm", "phi4_multimodal"),
    read=read,
    write=write,
    placements=placements,
    # The adapters and towers of Phi-4-multimodal; a head that is tied and stored all the same.
    aside=re.compile(r".*\.lora_[AB]\..*|model\.embed_tokens_extend\..*|.*\.rotary_emb\.inv_freq|lm_head\.weight"),
    infix=".base_layer.",
)
