"""The feed-forward half of a decoder layer: gated by SiLU or by a clipped GELU, alone or as a mixture of experts."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.experts import two_experts
from syntagma.language_models.linear import Linear

Gate = Callable[[Tensor], Tensor]


def swiglu(pair: Tensor) -> Tensor:
    """`up * silu(gate)` of gate and up side by side `[tokens, 2 * size]` (arXiv 2002.05202)."""
    gate, up = pair.chunk(2, -1)
    return up * functional.silu(gate)


def gegelu(pair: Tensor, limit: float | None) -> Tensor:
    """`a * sigmoid(1.702 a) * (b + 1)`, `a` clipped from above, `b` on both sides, infinities left (phi-3-small)."""
    a, b = pair.chunk(2, -1)
    if limit is not None:
        a = torch.where(a.isinf(), a, a.clamp(max=limit))
        b = torch.where(b.isinf(), b, b.clamp(-limit, limit))
    return a * torch.sigmoid(1.702 * a) * (b + 1)


def gate_of(config: DecoderConfig) -> Gate:
    """The gate that a config names."""
    if config.activation == "swiglu":
        return swiglu
    return lambda pair: gegelu(pair, config.gegelu_limit)


class FeedForward(nn.Module):
    """Up to a gate and a value, the one through the other, and down again."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.gate = gate
        self.gate_up, self.down = Linear(), Linear()

    def forward(self, hidden: Tensor, routes: Tensor | None = None) -> Tensor:
        """`[tokens, hidden]` to the same."""
        result: Tensor = self.down(self.gate(self.gate_up(hidden, routes)), routes)
        return result


class MixtureOfExperts(nn.Module):
    """Feed-forward layers of which a router picks two for each token."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        assert config.experts is not None  # the block has looked
        self.router = Linear()
        self.tolerance = config.experts.tolerance
        self.experts = nn.ModuleList(FeedForward(gate_of(config)) for _ in range(config.experts.count))

    def forward(self, hidden: Tensor, routes: Tensor | None = None) -> Tensor:
        """`[tokens, hidden]` to the same; every expert reads the tokens that took it together."""
        chosen, weights = two_experts(self.router(hidden, routes).float(), self.tolerance)
        result = torch.zeros_like(hidden)
        for number in sorted(set(chosen.flatten().tolist())):
            tokens, choice = (chosen == number).nonzero(as_tuple=True)
            own_routes = None if routes is None else routes[tokens]
            share = weights[tokens, choice, None].to(hidden.dtype)
            result = result.index_add(0, tokens, share * self.experts[number](hidden[tokens], own_routes))
        return result
