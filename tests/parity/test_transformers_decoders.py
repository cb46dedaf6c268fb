"""Whole decoders beside transformers' own: logits and generation of tiny Phi-3, Phi-MoE and Llama models."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from syntagma.language_models.assembly import assemble
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.checkpoints import open_folder
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.generation import Engine, Request

transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")

COMMON = {"vocab_size": 97, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "max_position_embeddings": 128}
LONG_FACTORS = {"short_factor": [1.0, 1.1, 1.3], "long_factor": [1.5, 4.0, 16.0]}


def phi3(**changed: Any) -> Any:
    """The model of papers/phi-decoder.md, section 8."""
    options: dict[str, Any] = {
        "hidden_size": 48,
        "intermediate_size": 80,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "original_max_position_embeddings": 32,
        "partial_rotary_factor": 0.75,
        "rope_scaling": {"type": "longrope", **LONG_FACTORS},
        "sliding_window": None,
        "tie_word_embeddings": True,
        "initializer_range": 0.3,
    }
    return _built(transformers.Phi3ForCausalLM, transformers.Phi3Config(**COMMON, **{**options, **changed}))


def phimoe() -> Any:
    """The same section's mixture of experts."""
    rope = {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "original_max_position_embeddings": 32,
        "short_factor": [1.0] * 4,
        "long_factor": [8.0] * 4,
        "short_mscale": 1.2,
        "long_mscale": 1.2,
    }
    config = transformers.PhimoeConfig(
        **COMMON,
        hidden_size=32,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_local_experts=4,
        num_experts_per_tok=2,
        router_jitter_noise=0.01,
        input_jitter_noise=0.0,
        attention_bias=True,
        lm_head_bias=True,
        rope_parameters=rope,
        initializer_range=0.3,
    )
    return _built(transformers.PhimoeForCausalLM, config)


def llama() -> Any:
    """As SmolLM2 is, only smaller."""
    config = transformers.LlamaConfig(
        **COMMON,
        hidden_size=48,
        intermediate_size=80,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
        initializer_range=0.3,
    )
    return _built(transformers.LlamaForCausalLM, config)


def _built(kind: Any, config: Any) -> Any:
    torch.manual_seed(0)
    config._attn_implementation = "eager"
    model = kind(config).eval()
    for parameter in model.parameters():  # biases and norms begin as constants
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def ours(model: Any, folder: Any) -> Decoder:
    """The same model as our decoder, by way of its files."""
    model.save_pretrained(folder)
    checkpoint = open_folder(folder)
    return assemble(checkpoint.config, checkpoint.parameters(torch.float32))


def our_logits(decoder: Decoder, tokens: torch.Tensor) -> torch.Tensor:
    """Logits `[batch, length, vocabulary]`, rows side by side."""
    pieces = [Piece(tokens.shape[1], long=decoder.config.turns_long(tokens.shape[1])) for _ in tokens]
    with torch.no_grad():
        states = decoder(decoder.embed(tokens.flatten()), Batch(decoder.config, pieces, decoder.device))
        return decoder.logits(states).view(*tokens.shape, -1)


MODELS = {
    "phi3": (phi3, (20, 32, 33, 60)),
    "phi3-untied": (lambda: phi3(tie_word_embeddings=False, partial_rotary_factor=1.0, rope_scaling=None), (20, 60)),
    "phi3-window": (lambda: phi3(sliding_window=8), (7, 8, 9, 32)),
    "phimoe": (phimoe, (20, 32)),  # transformers never uses its long factors
    "llama": (llama, (20, 60)),
}


@pytest.mark.parametrize("name", MODELS)
def test_logits_equal_those_of_transformers(name: str, tmp_path: Any) -> None:
    build, lengths = MODELS[name]
    model = build()
    decoder = ours(model, tmp_path)
    for length in lengths:
        tokens = torch.randint(3, 97, (2, length), generator=torch.Generator().manual_seed(length))
        with torch.no_grad():
            expected = model(tokens).logits
        assert expected.abs().max() > 3
        assert (our_logits(decoder, tokens) - expected).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["phi3", "phi3-window", "llama"])
def test_greedy_generation_equals_that_of_transformers(name: str, tmp_path: Any) -> None:
    model = MODELS[name][0]()
    decoder = ours(model, tmp_path)
    tokens = torch.randint(3, 97, (1, 12), generator=torch.Generator().manual_seed(4))
    expected = model.generate(tokens, max_new_tokens=60, do_sample=False, eos_token_id=None, pad_token_id=0)
    engine = Engine(decoder)
    engine.submit(Request(tuple(tokens[0].tolist()), max_tokens=60))
    assert [step.token for step in engine.run()] == expected[0, 12:].tolist()
