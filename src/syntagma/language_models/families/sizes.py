"""The part of config.json that Phi-3, Phi-3.5-MoE and Llama spell alike."""

from __future__ import annotations

from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.rope import ORIGINAL, write_long_rope


def read_sizes(config: ConfigJson) -> dict[str, Any]:
    """Arguments of `DecoderConfig` by name."""
    heads = config.integer("num_attention_heads")
    return {
        "vocab_size": config.integer("vocab_size"),
        "hidden_size": config.integer("hidden_size"),
        "num_layers": config.integer("num_hidden_layers"),
        "num_heads": heads,
        "num_kv_heads": config.integer("num_key_value_heads", heads),
        "head_size": read_head_size(config, heads),
        "max_positions": config.integer("max_position_embeddings"),
        **read_tokens(config),
    }


def read_tokens(config: ConfigJson) -> dict[str, Any]:
    """The special tokens, as arguments of `DecoderConfig`."""
    return {
        "begin_token": config.integer_or_none("bos_token_id"),
        "end_tokens": config.tokens("eos_token_id"),
        "pad_token": config.integer_or_none("pad_token_id"),
    }


def read_head_size(config: ConfigJson, heads: int) -> int:
    """Width of a head: given, or a share of the hidden vectors. Raises ModelError where they do not divide."""
    if config.has("head_dim"):
        return config.integer("head_dim")
    hidden = config.integer("hidden_size")
    if heads < 1 or hidden % heads:
        raise ModelError(
            f"'hidden_size' {hidden} is no multiple of the {heads} 'num_attention_heads'", where=config.where
        )
    return hidden // heads


def write_sizes(config: DecoderConfig) -> dict[str, Any]:
    """What `read_sizes` reads, and the rotary positions, in the spelling that all versions of transformers read."""
    return {
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "head_dim": config.head_size,
        "hidden_act": "silu",
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.norm_epsilon,
        "tie_word_embeddings": config.tied,
        "rope_theta": config.rotary.theta,
        "rope_scaling": None,
        **write_tokens(config),
    }


def write_tokens(config: DecoderConfig) -> dict[str, Any]:
    """What `read_tokens` reads."""
    ends: int | list[int] | None = list(config.end_tokens) or None
    if len(config.end_tokens) == 1:
        ends = config.end_tokens[0]
    return {"bos_token_id": config.begin_token, "eos_token_id": ends, "pad_token_id": config.pad_token}


def write_original_positions(config: DecoderConfig, *, scales: bool) -> dict[str, Any]:
    """LongRoPE's part of config.json, or nothing."""
    if config.rotary.long is None:
        return {}
    return {
        ORIGINAL: config.rotary.long.original_positions,
        "rope_scaling": write_long_rope(config.rotary.long, config.max_positions, scales=scales),
    }
