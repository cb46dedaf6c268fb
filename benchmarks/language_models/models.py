"""The models that are measured, made once as folders that both sides can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from syntagma.language_models.checkpoints import open_gguf, packaged_gguf, save_folder
from syntagma.language_models.config import DecoderConfig, LongRope, Rotary
from syntagma.language_models.parameters import parameter_shapes

PHI_4_MINI = DecoderConfig(
    family="phi3",
    vocab_size=200_064,
    hidden_size=3072,
    intermediate_size=8192,
    num_layers=32,
    num_heads=24,
    num_kv_heads=8,
    head_size=128,
    rotary=Rotary(96, long=LongRope(4096, (1.0,) * 48, tuple(1.0 + place for place in range(48)), 1.190238, 1.190238)),
    max_positions=131_072,
    window=262_144,
    tied=True,
    begin_token=199_999,
    end_tokens=(199_999,),
    pad_token=199_999,
)
"""Every size is the released model's; the long factors only have their range."""


@dataclass(frozen=True)
class Measured:
    """How a model is measured."""

    job: dict[str, Any]
    too_large: frozenset[str] = field(default_factory=frozenset)
    """Formats that it does not fit into memory in."""


MODELS = {
    "SmolLM2-135M": Measured({"prompt": 64, "new": 128, "long_prompt": 1024, "batch_new": 48}),
    "Phi-4-mini shape, random": Measured(
        {"prompt": 16, "new": 16, "long_prompt": 256, "batch_new": 8}, too_large=frozenset({"fp32"})
    ),
}


def model_folder(model: str, root: Path) -> Path:
    """The model's folder, made if it is not there."""
    folder = root / model.lower().replace(" ", "-").replace(",", "")
    if not (folder / "config.json").exists():
        if model == "SmolLM2-135M":
            checkpoint = open_gguf(packaged_gguf())
            save_folder(dict(checkpoint.parameters(torch.float32)), checkpoint.config, folder)
        else:
            save_folder(RandomParameters(PHI_4_MINI), PHI_4_MINI, folder)
    return folder


class RandomParameters(Mapping[str, Tensor]):
    """Weights in bfloat16, each made when it is asked for."""

    def __init__(self, config: DecoderConfig) -> None:
        self._shapes = parameter_shapes(config)

    def __getitem__(self, name: str) -> Tensor:
        shape = self._shapes[name]
        if "norm" in name:
            return torch.ones(shape, dtype=torch.bfloat16)
        # A thousand rows over and over: what they hold does not change how long a product takes.
        rows = (0.02 * torch.randn(min(1000, shape[0]), *shape[1:])).bfloat16()
        return rows.repeat(-(-shape[0] // len(rows)), *[1] * (len(shape) - 1))[: shape[0]].clone()

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)
