"""What integer weights have in common: numbers and scales in panels of rows, packed and unpacked by rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

import torch
from torch import Tensor

from syntagma.language_models.weights.panels import ROWS, Buffers, by_blocks, in_range
from syntagma.language_models.weights.weight import Weight


class IntegerWeight(Weight):
    """A matrix of whole numbers and of the scales of its groups: `numbers [panels, groups, ..., 16, ...]`, the fourth
    dimension that of a panel's rows, and `scales [panels, groups, 16, ...]`."""

    numbers: Tensor
    scales: Tensor

    def __init__(self, out_features: int, in_features: int, numbers: Tensor, scales: Tensor) -> None:
        super().__init__(out_features, in_features)
        self.register_buffer("numbers", numbers)
        self.register_buffer("scales", scales)

    @classmethod
    def packed(cls, dense: Tensor) -> Self:
        """A matrix `[out, in]` in this format."""
        return cls(*dense.shape, *by_blocks(dense.detach(), cls.shapes(*dense.shape), cls._packed))

    @classmethod
    @abstractmethod
    def shapes(cls, out_features: int, in_features: int) -> Buffers:
        """Shape and dtype of each buffer."""

    @staticmethod
    @abstractmethod
    def _packed(dense: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers and scales of some rows, whole panels of them but for the last."""

    @abstractmethod
    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., in]`, float32, of their numbers `[..., groups, ...]` and scales `[..., groups, ...]`."""

    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows by number."""
        ids = in_range(ids, self.out_features)
        panel, row = ids // ROWS, ids % ROWS
        return self._unpacked(self.numbers[panel, :, :, row], self.scales[panel, :, row]).to(dtype)

    def _block(self, first: int, last: int) -> Tensor:
        panels = slice(first // ROWS, -(-last // ROWS))  # blocks begin at panels
        numbers = self.numbers[panels].movedim(3, 1).flatten(0, 1)[: last - first]
        return self._unpacked(numbers, self.scales[panels].transpose(1, 2).flatten(0, 1)[: last - first])
