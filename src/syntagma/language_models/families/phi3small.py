"""Phi-3-small: block-sparse attention, GeGELU, widths scaled by muP; transformers has no such model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syntagma.errors import ModelError
from syntagma.language_models.config import Biases, BlockSparsity, DecoderConfig, Rotary
from syntagma.language_models.families.config_json import ConfigJson
from syntagma.language_models.families.family import ModelFamily
from syntagma.language_models.families.halves import head, linear, norm
from syntagma.language_models.families.placement import Placement, by_kv_head, rows_in_turn
from syntagma.language_models.families.rope import ORIGINAL, is_long, read_rotary, write_long_rope
from syntagma.language_models.families.sizes import read_head_size, read_tokens, write_tokens

RELEASED_VOCABULARY = 100_352
DUMMY_TOKENS = (100_256, 100_258, 100_259, 100_260, 100_264, 100_265, *range(100_267, RELEASED_VOCABULARY))
"""Ids of the released vocabulary that stand for nothing; the released config does not always list them."""


def read(config: ConfigJson) -> DecoderConfig:
    """The decoder of a config.json. Raises ModelError."""
    config.only("hidden_act", "gegelu")
    config.only("rope_position_scale", 1)
    config.only("blocksparse_homo_head_pattern", False)
    config.only("ff_dim_multiplier")
    heads, vocabulary = config.integer("num_attention_heads"), config.integer("vocab_size")
    head_size = read_head_size(config, heads)
    return DecoderConfig(
        family="phi3small",
        vocab_size=vocabulary,
        hidden_size=config.integer("hidden_size"),
        intermediate_size=config.integer("ff_intermediate_size"),
        num_layers=config.integer("num_hidden_layers"),
        num_heads=heads,
        num_kv_heads=config.integer("num_key_value_heads", heads),
        head_size=head_size,
        rotary=_rotary(config, head_size),
        max_positions=config.integer("max_position_embeddings"),
        norm="layer",
        norm_epsilon=config.number("layer_norm_epsilon", 1e-5),
        activation="gegelu",
        gegelu_limit=config.number("gegelu_limit") if config.has("gegelu_limit") else None,
        attention_scale=_attention_scale(config, head_size),
        sparsity=_sparsity(config),
        biases=Biases(qkv=True, attention_output=True, feed_forward=True),
        tied=config.flag("tie_word_embeddings", True),
        # Absent or zero means unscaled.
        embedding_multiplier=config.number("mup_embedding_multiplier", 1.0) or 1.0,
        logit_divisor=config.number("mup_width_multiplier", 1.0) or 1.0,
        dummy_tokens=_dummy_tokens(config, vocabulary),
        **read_tokens(config),
    )


def _rotary(config: ConfigJson, head_size: int) -> Rotary:
    rope = config.part("rope_scaling")
    scales = rope is not None and is_long(rope, long=True) and rope.has("short_mscale")
    theta = config.number("rope_embedding_base", 1_000_000.0)
    return read_rotary(config, head_size, theta=theta, long=True, scales=scales)


def _attention_scale(config: ConfigJson, head_size: int) -> float | None:
    if not config.flag("mup_use_scaling", True):
        return None
    return config.number("mup_attn_multiplier", 1.0) / head_size


def _sparsity(config: ConfigJson) -> BlockSparsity:
    sparsity = BlockSparsity(
        block=config.integer("blocksparse_block_size"),
        near=config.integer("blocksparse_num_local_blocks"),
        stride=config.integer("blocksparse_vert_stride"),
        dense_every=config.integer("dense_attention_every_n_layers"),
    )
    for name in ("block", "near", "stride", "dense_every"):
        if getattr(sparsity, name) < 1:
            raise ModelError(f"block-sparse attention with {name} {getattr(sparsity, name)}", where=config.where)
    return sparsity


def _dummy_tokens(config: ConfigJson, vocabulary: int) -> tuple[int, ...]:
    if config.has("dummy_token_indices"):
        return config.tokens("dummy_token_indices")
    return DUMMY_TOKENS if vocabulary == RELEASED_VOCABULARY else ()


def write(config: DecoderConfig) -> dict[str, Any]:
    """The config.json of a decoder, in the spelling of the released files."""
    sparsity = config.sparsity or BlockSparsity()
    return {
        "architectures": ["Phi3SmallForCausalLM"],
        "model_type": "phi3small",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "ff_intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "max_position_embeddings": config.max_positions,
        "layer_norm_epsilon": config.norm_epsilon,
        "hidden_act": "gegelu",
        "gegelu_limit": config.gegelu_limit,
        "mup_use_scaling": config.attention_scale is not None,
        "mup_attn_multiplier": config.scale * config.head_size,
        "mup_embedding_multiplier": config.embedding_multiplier,
        "mup_width_multiplier": config.logit_divisor,
        "blocksparse_block_size": sparsity.block,
        "blocksparse_num_local_blocks": sparsity.near,
        "blocksparse_vert_stride": sparsity.stride,
        "blocksparse_homo_head_pattern": False,
        "blocksparse_triton_kernel_block_size": sparsity.block,
        "dense_attention_every_n_layers": sparsity.dense_every,
        "dummy_token_indices": list(config.dummy_tokens),
        "tie_word_embeddings": config.tied,
        "rope_embedding_base": config.rotary.theta,
        "rope_position_scale": 1.0,
        **_write_rope(config),
        **write_tokens(config),
    }


def _write_rope(config: DecoderConfig) -> dict[str, Any]:
    long = config.rotary.long
    if long is None:
        return {"rope_scaling": None}
    written = write_long_rope(long, config.max_positions, kind="su", scales=True)
    return {ORIGINAL: long.original_positions, "rope_scaling": written}


def placements(config: DecoderConfig) -> list[Placement]:
    """Queries, keys and values are stored by key-value head, gate and up row by row in turn."""
    return list(_placements(config))


def _placements(config: DecoderConfig) -> Iterator[Placement]:
    size, inner = config.hidden_size, config.intermediate_size
    qkv = config.query_size + 2 * config.key_size
    grouped = by_kv_head(config.num_heads, config.num_kv_heads, config.head_size)
    yield Placement("model.embed_tokens.weight", (config.vocab_size, size), "embedding.weight")
    for layer in range(config.num_layers):
        stored, parameter = f"model.layers.{layer}", f"layers.{layer}"
        yield from norm(f"{stored}.input_layernorm", f"{parameter}.attention_norm", config)
        for part, shape in (("weight", (qkv, size)), ("bias", (qkv,))):
            name = f"{stored}.self_attn.query_key_value.{part}"
            yield Placement(name, shape, f"{parameter}.attention.qkv.{part}", grouped)
        yield from linear(
            f"{stored}.self_attn.dense", f"{parameter}.attention.output", (size, config.query_size), bias=True
        )
        yield from norm(f"{stored}.post_attention_layernorm", f"{parameter}.feed_forward_norm", config)
        for part, shape in (("weight", (2 * inner, size)), ("bias", (2 * inner,))):
            name = f"{stored}.mlp.up_proj.{part}"
            yield Placement(name, shape, f"{parameter}.feed_forward.gate_up.{part}", rows_in_turn)
        yield from linear(f"{stored}.mlp.down_proj", f"{parameter}.feed_forward.down", (size, inner), bias=True)
    yield from norm("model.final_layernorm", "norm", config)
    yield from head(config)


PHI3SMALL = ModelFamily(
    model_types=("phi3small",),
    read=read,
    write=write,
    placements=placements,
)
