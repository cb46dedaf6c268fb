"""Llama and Phi-3 as GGUF files spell them: config from metadata, places from tensor names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints.stored_tensor import StoredTensor
from syntagma.language_models.config import Biases, DecoderConfig, LongRope, Rotary
from syntagma.language_models.families import FAMILIES, Placement
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.placement import pairs_of_turning_rows
from syntagma.language_models.families.rope import long_scale

ARCHITECTURES = ("llama", "phi3")
_NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
FACTORS = {"short": "rope_factors_short.weight", "long": "rope_factors_long.weight"}
Tensors = Mapping[str, StoredTensor]


def read_gguf_config(metadata: ConfigJson, tensors: Tensors, factors: Mapping[str, tuple[float, ...]]) -> DecoderConfig:
    """The decoder of a GGUF file; `factors` are LongRoPE's, "short" and "long", where the file has them.

    Raises:
        ModelError: an architecture that is not known, or values that it does not have.
    """
    kind = metadata.word("general.architecture")
    if kind not in ARCHITECTURES:
        known = " and ".join(ARCHITECTURES)
        raise ModelError(f"the architecture {kind!r} is not known", where=metadata.where, fix=f"Known are {known}")
    heads, hidden = metadata.integer(f"{kind}.attention.head_count"), metadata.integer(f"{kind}.embedding_length")
    head_size = metadata.integer(f"{kind}.attention.key_length", hidden // max(heads, 1))
    metadata.only(f"{kind}.attention.value_length", head_size)
    metadata.only(f"{kind}.expert_count", 0)
    return DecoderConfig(
        family="llama" if kind == "llama" else "phi3",
        vocab_size=_vocabulary(tensors, metadata.where),
        hidden_size=hidden,
        intermediate_size=metadata.integer(f"{kind}.feed_forward_length"),
        num_layers=metadata.integer(f"{kind}.block_count"),
        num_heads=heads,
        num_kv_heads=metadata.integer(f"{kind}.attention.head_count_kv", heads),
        head_size=head_size,
        rotary=_rotary(metadata, kind, head_size, factors),
        max_positions=metadata.integer(f"{kind}.context_length"),
        norm_epsilon=metadata.number(f"{kind}.attention.layer_norm_rms_epsilon"),
        window=_window(metadata) if kind == "phi3" else None,
        biases=Biases(qkv="blk.0.attn_q.bias" in tensors, attention_output="blk.0.attn_output.bias" in tensors),
        tied="output.weight" not in tensors,
        begin_token=metadata.integer_or_none("tokenizer.ggml.bos_token_id"),
        end_tokens=_end_tokens(metadata),
        pad_token=metadata.integer_or_none("tokenizer.ggml.padding_token_id"),
    )


def _vocabulary(tensors: Tensors, where: str) -> int:
    table = tensors.get("token_embd.weight")
    if table is None:
        raise ModelError("the tensor token_embd.weight is missing", where=where, fix="Get the file again")
    return table.shape[0]


def _end_tokens(metadata: ConfigJson) -> tuple[int, ...]:
    keys = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")
    return tuple(dict.fromkeys(metadata.integer(key) for key in keys if metadata.has(key)))


def _rotary(metadata: ConfigJson, kind: str, head_size: int, factors: Mapping[str, tuple[float, ...]]) -> Rotary:
    size = metadata.integer(f"{kind}.rope.dimension_count", head_size)
    theta = metadata.number(f"{kind}.rope.freq_base", 10_000.0)
    if kind == "llama":
        metadata.only("llama.rope.dimension_count", head_size)
        metadata.only("llama.rope.scaling.type", "none")
        metadata.only("llama.rope.scale_linear", 1.0)
        return Rotary(size, theta)
    if not factors:
        metadata.only("phi3.rope.scaling.type", "none")
        return Rotary(size, theta)
    original = metadata.integer("phi3.rope.scaling.original_context_length")
    if original < 2:
        raise ModelError(f"an original context of {original}", where=metadata.where)
    usual = long_scale(original, metadata.integer("phi3.context_length") / original)
    scale = metadata.number("phi3.rope.scaling.attn_factor", usual)
    return Rotary(size, theta, LongRope(original, factors["short"], factors["long"], scale, scale))


def _window(metadata: ConfigJson) -> int | None:
    """The sliding window of a Phi-3 file; 0 means none. Old files do not tell, and without it 4K models go astray."""
    key = "phi3.attention.sliding_window"
    if not metadata.has(key) and metadata.integer("phi3.context_length") <= 4096:
        raise ModelError(
            f"the key {key!r} is missing", where=metadata.where, fix="Get a file that a newer llama.cpp converted"
        )
    return metadata.integer(key, 0) or None


def gguf_placements(config: DecoderConfig) -> list[Placement]:
    """Places of the tensors of a GGUF file: the family's own, under other names, Llama's queries and keys in pairs."""
    return list(_renamed(config))


def _renamed(config: DecoderConfig) -> Iterator[Placement]:
    for placement in FAMILIES[config.family].placements(config):
        owner, _, part = placement.stored.rpartition(".")
        if owner.startswith("model.layers."):
            _, _, layer, owner = owner.split(".", 3)
            name = f"blk.{layer}.{_NAMES[owner]}"
        else:
            name = _NAMES[owner]
        placement = placement._replace(stored=f"{name}.{part}")
        if config.family == "llama" and name.endswith(".attn_q"):
            placement = placement._replace(parts=pairs_of_turning_rows(0, config.num_heads, config.head_size))
        elif config.family == "llama" and name.endswith(".attn_k"):
            keys = pairs_of_turning_rows(config.query_size, config.num_kv_heads, config.head_size)
            placement = placement._replace(parts=keys)
        yield placement
