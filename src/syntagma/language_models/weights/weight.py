"""A weight matrix in some format: what a linear layer, a head and a table of vectors ask of it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from syntagma.errors import ModelError
from syntagma.structures.kernels.dispatch import choose

Format = Literal["fp32", "bf16", "int8", "int4"]

_BLOCK = 1 << 18
"""Weights that are unpacked at a time where nothing is compiled: they stay near the processor."""


class Weight(nn.Module, ABC):
    """One matrix `[out, in]` that inputs are multiplied with, and which does not learn.

    Sums are float32 whatever the format, and rounded once, to the inputs' dtype. bfloat16 inputs are taken as they are.
    Its buffers hold it exactly; they keep their dtypes wherever it is moved.
    """

    format: ClassVar[Format]

    def __init__(self, out_features: int, in_features: int) -> None:
        super().__init__()
        self.out_features, self.in_features = out_features, in_features
        self.plans: dict[bool, Any] = {}
        """What compiled products keep about it."""

    def forward(self, x: Tensor) -> Tensor:
        """`x [..., in]` times the matrix: `[..., out]`, in the dtype of x, which learns from it.

        Raises:
            ModelError: x is of another width.
        """
        if x.shape[-1] != self.in_features:
            raise ModelError(f"inputs {list(x.shape)} for a weight of {self.in_features} columns")
        if x.requires_grad and torch.is_grad_enabled():
            return cast(Tensor, _Product.apply(x, self))  # type: ignore[no-untyped-call]
        return self._product(x)

    @abstractmethod
    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows of the matrix by number `[...]`: `[..., in]`.

        Raises:
            IndexError: there is no such row.
        """

    @abstractmethod
    def _block(self, first: int, last: int) -> Tensor:
        """The rows from `first` to before `last`, float32."""

    def dense(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The matrix that products are computed with, `[out, in]`."""
        result = torch.empty(self.out_features, self.in_features, dtype=dtype, device=self.device)
        for first, last in self._blocks():
            result[first:last] = self._block(first, last)
        return result

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return next(self.buffers()).device

    @property
    def nbytes(self) -> int:
        """Bytes that one product reads of it."""
        return sum(buffer.nbytes for buffer in self.buffers())

    def extra_repr(self) -> str:
        """What it prints as."""
        return f"{self.out_features} x {self.in_features}, {self.format}"

    def _product(self, x: Tensor) -> Tensor:
        if x.dim() != 2:
            flat = x.reshape(math.prod(x.shape[:-1]), self.in_features)
            return self._product(flat).view(*x.shape[:-1], self.out_features)
        if self._is_compiled(x):
            from syntagma.language_models.weights.cpu.product import product

            return product(self, x)
        return self._plain(x)

    def _is_compiled(self, x: Tensor) -> bool:
        """Whether numba's kernels take inputs `[n, in]`."""
        if x.dtype not in (torch.float32, torch.bfloat16) or x.device.type != "cpu" or not len(x):
            return False
        return choose(x, float(len(x)) * self.in_features * self.out_features, learns=False) == "cpu"

    def _plain(self, x: Tensor) -> Tensor:
        """The product in plain torch, a block of rows after another: `[n, in]` to `[n, out]`."""
        result = torch.empty(len(x), self.out_features, dtype=x.dtype, device=x.device)
        wide = x.float()
        for first, last in self._blocks():
            result[:, first:last] = functional.linear(wide, self._block(first, last))
        return result

    def _blocks(self) -> list[tuple[int, int]]:
        """Ranges of rows, each small enough to be unpacked at a time; on a GPU a range of all."""
        step = max(16, _BLOCK // max(1, self.in_features) // 16 * 16)
        if self.device.type != "cpu":
            step = max(1, self.out_features)
        return [(first, min(first + step, self.out_features)) for first in range(0, self.out_features, step)]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Move the buffers, but never convert them: a format is what it is."""
        self.plans.clear()

        def moved(tensor: Tensor) -> Tensor:
            result = fn(tensor)
            return result if result.dtype == tensor.dtype else tensor.to(result.device)

        return super()._apply(moved, recurse)  # type: ignore[no-untyped-call]


class _Product(torch.autograd.Function):
    """The product, whose inputs learn."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Weight) -> Tensor:
        ctx.weight = weight
        return weight._product(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] @ ctx.weight.dense(gradients[0].dtype), None
