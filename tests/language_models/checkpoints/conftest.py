"""Tiny random models that transformers has saved, in the shapes of phi-decoder.md, section 8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

SIZES: dict[str, Any] = {
    "vocab_size": 97,
    "num_key_value_heads": 2,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
}


class SavedModel(NamedTuple):
    """A model of transformers, and the folder that it was saved to."""

    model: Any
    folder: Path


def phi3() -> Any:
    """With partial rotary positions, LongRoPE and a tied table."""
    from transformers import Phi3Config

    config = {
        "hidden_size": 48,
        "intermediate_size": 80,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "original_max_position_embeddings": 32,
        "partial_rotary_factor": 0.75,
        "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.5, 4.0, 16.0]},
        "sliding_window": None,
        "tie_word_embeddings": True,
    }
    return Phi3Config.from_dict(SIZES | config)


def phimoe() -> Any:
    """With four experts and every bias."""
    from transformers import PhimoeConfig

    return PhimoeConfig(
        **SIZES,
        hidden_size=32,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_local_experts=4,
        num_experts_per_tok=2,
        router_jitter_noise=0.01,
        input_jitter_noise=0.0,
        attention_bias=True,
        lm_head_bias=True,
        rope_parameters={
            "rope_type": "longrope",
            "rope_theta": 10000.0,
            "original_max_position_embeddings": 32,
            "short_factor": [1.0] * 4,
            "long_factor": [8.0] * 4,
            "short_mscale": 1.2,
            "long_mscale": 1.2,
        },
    )


def llama() -> Any:
    """With every bias and a head of its own."""
    from transformers import LlamaConfig

    return LlamaConfig(
        **SIZES,
        hidden_size=32,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=False,
    )


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], SavedModel]:
    """A model by family, in bfloat16, made and saved once."""
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    made: dict[str, SavedModel] = {}

    def make(family: str) -> SavedModel:
        if family not in made:
            torch.manual_seed(5)
            config = {"phi3": phi3, "phimoe": phimoe, "llama": llama}[family]()
            model = transformers.AutoModelForCausalLM.from_config(config).to(torch.bfloat16).eval()
            with torch.no_grad():
                for parameter in model.parameters():  # biases and norms are made as zeros and ones
                    parameter.normal_(0, 0.3)
            folder = tmp_path_factory.mktemp(family)
            model.save_pretrained(folder)
            made[family] = SavedModel(model, folder)
        return made[family]

    return make
