"""Decoders of every family with random weights large enough for mistakes to show, small enough for tests."""

from __future__ import annotations

from dataclasses import replace

import torch

from syntagma.language_models.assembly import assemble
from syntagma.language_models.config import (
    Biases,
    BlockSparsity,
    DecoderConfig,
    Experts,
    LongRope,
    Rotary,
)
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.parameters import parameter_shapes

LONG = LongRope(32, (1.0, 1.1, 1.3), (1.5, 4.0, 16.0), 1.1832, 1.1832)
PHI3 = DecoderConfig(
    family="phi3",
    vocab_size=97,
    hidden_size=48,
    intermediate_size=80,
    num_layers=3,
    num_heads=6,
    num_kv_heads=2,
    head_size=8,
    rotary=Rotary(6, long=LONG),
    max_positions=128,
    tied=True,
)
LLAMA = replace(PHI3, family="llama", rotary=Rotary(8), tied=False)
WINDOWED = replace(PHI3, rotary=Rotary(8), window=8)
SMALL = replace(
    PHI3,
    family="phi3small",
    rotary=Rotary(8, theta=1e6),
    norm="layer",
    activation="gegelu",
    gegelu_limit=2.0,
    attention_scale=1 / 8,
    sparsity=BlockSparsity(block=4, near=2, stride=3),
    biases=Biases(qkv=True, attention_output=True, feed_forward=True),
    embedding_multiplier=2.0,
    logit_divisor=2.0,
    dummy_tokens=(90, 95),
)
MOE = replace(
    PHI3,
    family="phimoe",
    norm="layer",
    experts=Experts(4, tolerance=0.1),
    biases=Biases(qkv=True, attention_output=True, head=True),
    tied=False,
)
EVERY = {"phi3": PHI3, "llama": LLAMA, "windowed": WINDOWED, "phi3small": SMALL, "phimoe": MOE}


def random_decoder(config: DecoderConfig, *, seed: int = 0, scale: float = 0.3) -> Decoder:
    """A decoder with normally distributed weights and norms around 1."""
    generator = torch.Generator().manual_seed(seed)

    def parameter(name: str, shape: tuple[int, ...]) -> torch.Tensor:
        drawn = scale * torch.randn(shape, generator=generator)
        return drawn + 1 if "norm" in name and name.endswith("weight") else drawn

    return assemble(config, ((name, parameter(name, shape)) for name, shape in parameter_shapes(config).items()))


def random_tokens(config: DecoderConfig, length: int, *, seed: int = 0) -> list[int]:
    """Ids of the vocabulary."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(config.vocab_size, (length,), generator=generator).tolist()
