"""Normalisation of hidden states: by the root of the mean square, or by mean and variance."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from syntagma.language_models.config import DecoderConfig


class RMSNorm(nn.Module):
    """Divide by the root of the mean square, in float32, then multiply in the input's dtype (arXiv 1910.07467)."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(size), requires_grad=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise `[..., size]`."""
        wide = hidden.float()
        scaled = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return self.weight * scaled.to(hidden.dtype)


class LayerNorm(nn.Module):
    """Take away the mean, divide by the standard deviation, multiply and add (arXiv 1607.06450)."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(size), requires_grad=False)
        self.bias = nn.Parameter(torch.zeros(size), requires_grad=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Normalise `[..., size]`."""
        return functional.layer_norm(hidden, self.weight.shape, self.weight, self.bias, self.epsilon)


def norm(config: DecoderConfig) -> RMSNorm | LayerNorm:
    """A normalisation as the config has it."""
    kind = RMSNorm if config.norm == "rms" else LayerNorm
    return kind(config.hidden_size, config.norm_epsilon)
