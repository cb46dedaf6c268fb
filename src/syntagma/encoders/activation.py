"""A linear map followed by a nonlinearity, chosen by name: maxout or GELU."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from syntagma.errors import RecipeError

Activation = Literal["maxout", "gelu"]
_PIECES = 3


class Activated(nn.Module):
    """`[..., inputs]` to `[..., outputs]`: the largest of three linear maps (maxout), or GELU of one.

    Goodfellow et al. 2013, "Maxout Networks"; Hendrycks and Gimpel 2016, "Gaussian Error Linear Units".
    """

    def __init__(self, inputs: int, outputs: int, activation: Activation) -> None:
        super().__init__()
        if activation not in ("maxout", "gelu"):
            raise RecipeError(f"activation = '{activation}' is not known", fix="Choose one of: maxout, gelu")
        self.pieces = _PIECES if activation == "maxout" else 1
        self.linear = nn.Linear(inputs, outputs * self.pieces)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Map and activate."""
        mapped: Tensor = self.linear(vectors)
        if self.pieces == 1:
            return nn.functional.gelu(mapped)
        first, second, third = mapped.chunk(_PIECES, dim=-1)
        return torch.maximum(torch.maximum(first, second), third)
