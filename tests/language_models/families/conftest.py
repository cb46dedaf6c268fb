"""The config.json of each model of the Phi families as phi-decoder.md's table has it, and of SmolLM2."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

LONG_48 = {"short_factor": [1.0] * 48, "long_factor": [1.0 + at for at in range(48)]}
LONG_64 = {"short_factor": [1.0] * 64, "long_factor": [1.0 + at for at in range(64)]}

MINI: dict[str, Any] = {
    "architectures": ["Phi3ForCausalLM"],
    "auto_map": {"AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"},
    "model_type": "phi3",
    "vocab_size": 32064,
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "hidden_act": "silu",
    "max_position_embeddings": 4096,
    "original_max_position_embeddings": 4096,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "sliding_window": 2047,
    "tie_word_embeddings": False,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attention_dropout": 0.0,
    "initializer_range": 0.02,
    "use_cache": True,
    "torch_dtype": "bfloat16",
    "bos_token_id": 1,
    "eos_token_id": 32000,
    "pad_token_id": 32000,
}
MINI_LONG = MINI | {
    "max_position_embeddings": 131072,
    "sliding_window": 262144,
    "rope_scaling": {"type": "longrope", **LONG_48},
}
MEDIUM = MINI_LONG | {
    "hidden_size": 5120,
    "intermediate_size": 17920,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "num_key_value_heads": 10,
    "sliding_window": 131072,
    "pad_token_id": None,
    "rope_scaling": {"type": "su", **LONG_64},
}
MINI_4 = MINI_LONG | {
    "vocab_size": 200064,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "partial_rotary_factor": 0.75,
    "tie_word_embeddings": True,
    "full_attn_mod": 1,
    "interpolate_factor": 1,
    "attention_bias": False,
    "mlp_bias": False,
    "lm_head_bias": False,
    "bos_token_id": 199999,
    "eos_token_id": 199999,
    "pad_token_id": 199999,
}
MULTIMODAL = MINI_4 | {"model_type": "phi4mm", "audio_processor": {"name": "cascades"}, "speech_lora": {"r": 320}}
SMALL: dict[str, Any] = {
    "architectures": ["Phi3SmallForCausalLM"],
    "model_type": "phi3small",
    "attention_dropout_prob": 0.0,
    "embedding_dropout_prob": 0.1,
    "ffn_dropout_prob": 0.1,
    "blocksparse_block_size": 64,
    "blocksparse_homo_head_pattern": False,
    "blocksparse_num_local_blocks": 16,
    "blocksparse_triton_kernel_block_size": 64,
    "blocksparse_vert_stride": 8,
    "dense_attention_every_n_layers": 2,
    "ff_dim_multiplier": None,
    "ff_intermediate_size": 14336,
    "gegelu_limit": 20.0,
    "gegelu_pad_to_256": True,
    "hidden_act": "gegelu",
    "hidden_size": 4096,
    "layer_norm_epsilon": 1e-05,
    "max_position_embeddings": 131072,
    "original_max_position_embeddings": 8192,
    "mup_attn_multiplier": 1.0,
    "mup_embedding_multiplier": 10.0,
    "mup_use_scaling": True,
    "mup_width_multiplier": 8.0,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "pad_sequence_to_multiple_of_64": True,
    "rope_embedding_base": 1000000,
    "rope_position_scale": 1.0,
    "rope_scaling": {
        "type": "su",
        **LONG_64,
        "short_mscale": 1.0,
        "long_mscale": 1.1902380714238083,
        "original_max_position_embeddings": 8192,
    },
    "vocab_size": 100352,
    "bos_token_id": 100257,
    "eos_token_id": 100257,
}
MOE: dict[str, Any] = {
    "architectures": ["PhiMoEForCausalLM"],
    "model_type": "phimoe",
    "vocab_size": 32064,
    "hidden_size": 4096,
    "intermediate_size": 6400,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "num_local_experts": 16,
    "num_experts_per_tok": 2,
    "router_jitter_noise": 0.01,
    "input_jitter_noise": 0.01,
    "router_aux_loss_coef": 0.0,
    "output_router_logits": False,
    "hidden_act": "silu",
    "hidden_dropout": 0.0,
    "attention_bias": True,
    "lm_head_bias": True,
    "max_position_embeddings": 131072,
    "original_max_position_embeddings": 4096,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "type": "longrope",
        **LONG_64,
        "short_mscale": 1.243163121016122,
        "long_mscale": 1.243163121016122,
        "original_max_position_embeddings": 4096,
    },
    "sliding_window": 131072,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 32000,
}
SMOLLM: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 49152,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "hidden_act": "silu",
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-05,
    "rope_theta": 100000,
    "rope_scaling": None,
    "rope_interleaved": False,
    "attention_bias": False,
    "mlp_bias": False,
    "pretraining_tp": 1,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
}
RELEASED = {
    "mini": MINI,
    "mini-long": MINI_LONG,
    "medium": MEDIUM,
    "mini-4": MINI_4,
    "multimodal": MULTIMODAL,
    "small": SMALL,
    "moe": MOE,
    "smollm": SMOLLM,
}


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of them in turn."""
    return deepcopy(RELEASED[request.param])


@pytest.fixture
def config_json() -> dict[str, dict[str, Any]]:
    """All of them by name, to read or to change."""
    return deepcopy(RELEASED)
