"""Weights as they are: a number each, float32 or bfloat16, a row after another."""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from torch import Tensor
from torch.nn import functional

from syntagma.language_models.weights.weight import Format, Weight

_MOST_COMPILED = 16
"""Inputs from which on torch's own products are faster."""


class DenseWeight(Weight):
    """A matrix whose numbers are `values [out, in]`."""

    dtype: ClassVar[torch.dtype]
    values: Tensor

    def __init__(self, values: Tensor) -> None:
        super().__init__(*values.shape)
        self.register_buffer("values", values)

    @classmethod
    def packed(cls, dense: Tensor) -> Self:
        """A matrix in this format; itself, where it is in it already."""
        return cls(dense.detach().to(cls.dtype).contiguous())

    @classmethod
    def shapes(cls, out_features: int, in_features: int) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and dtype of each buffer."""
        return {"values": ((out_features, in_features), cls.dtype)}

    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows by number."""
        return self.values[ids].to(dtype)

    def dense(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The matrix itself where it is asked for as it is, else a copy."""
        return self.values.to(dtype)

    def _block(self, first: int, last: int) -> Tensor:
        return self.values[first:last].float()

    def _is_compiled(self, x: Tensor) -> bool:
        return len(x) <= _MOST_COMPILED and super()._is_compiled(x)

    def _plain(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.values) if x.dtype == self.values.dtype else super()._plain(x)


class Float32Weight(DenseWeight):
    """float32."""

    format: ClassVar[Format] = "fp32"
    dtype = torch.float32


class BFloat16Weight(DenseWeight):
    """bfloat16."""

    format: ClassVar[Format] = "bf16"
    dtype = torch.bfloat16
