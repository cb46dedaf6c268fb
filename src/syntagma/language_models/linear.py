"""A linear layer of a decoder: one weight in any format, perhaps a bias, and room for adapters."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from syntagma.language_models.weights import Weight


class Adapter(Protocol):
    """What is added to a linear layer's output for the sequences that ask for it."""

    def __call__(self, hidden: Tensor, routes: Tensor) -> Tensor:
        """`[tokens, in]` to `[tokens, out]`; `routes` `[tokens]` says which adapter each token's sequence takes."""
        ...


class Linear(nn.Module):
    """`hidden @ weight.T + bias`, and what adapters add to it. The weight never learns; adapters may."""

    weight: Weight
    """Set when the parameters are read."""
    bias: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bias", None)
        self.adapters = nn.ModuleList()

    def forward(self, hidden: Tensor, routes: Tensor | None = None) -> Tensor:
        """`[tokens, in]` to `[tokens, out]`, in the dtype of `hidden`."""
        result: Tensor = self.weight(hidden)
        if self.bias is not None:
            result = result + self.bias
        if routes is not None:
            for adapter in self.adapters:
                result = result + adapter(hidden, routes)
        return result
