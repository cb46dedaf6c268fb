"""8-bit weights: whole numbers from -127 to 127, and for every 64 of a row a scale."""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from torch import Tensor

from syntagma.language_models.weights.panels import ROWS, Buffers, by_blocks, in_groups, in_panels, in_range
from syntagma.language_models.weights.weight import Format, Weight

GROUP = 64
_LARGEST = 127


class Int8Weight(Weight):
    """`weight = number * scale`, the scale bfloat16: 8.25 bits a weight.

    `numbers [panels, groups, 32, 16, 2]`: of two columns at a time, those of 16 rows. `scales [panels, groups, 16]`.
    """

    format: ClassVar[Format] = "int8"
    numbers: Tensor
    scales: Tensor

    def __init__(self, out_features: int, in_features: int, numbers: Tensor, scales: Tensor) -> None:
        super().__init__(out_features, in_features)
        self.register_buffer("numbers", numbers)
        self.register_buffer("scales", scales)

    @classmethod
    def packed(cls, dense: Tensor) -> Self:
        """A matrix in this format: the largest number of each group becomes 127."""
        return cls(*dense.shape, *by_blocks(dense.detach(), cls.shapes(*dense.shape), _packed))

    @classmethod
    def shapes(cls, out_features: int, in_features: int) -> Buffers:
        """Shape and dtype of each buffer."""
        panels, groups = -(-out_features // ROWS), -(-in_features // GROUP)
        return {
            "numbers": ((panels, groups, GROUP // 2, ROWS, 2), torch.int8),
            "scales": ((panels, groups, ROWS), torch.bfloat16),
        }

    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows by number."""
        ids = in_range(ids, self.out_features)
        panel, row = ids // ROWS, ids % ROWS
        return self._unpacked(self.numbers[panel, :, :, row], self.scales[panel, :, row]).to(dtype)

    def _block(self, first: int, last: int) -> Tensor:
        panels = slice(first // ROWS, -(-last // ROWS))  # blocks begin at panels
        numbers = self.numbers[panels].permute(0, 3, 1, 2, 4).flatten(0, 1)[: last - first]
        return self._unpacked(numbers, self.scales[panels].transpose(1, 2).flatten(0, 1)[: last - first])

    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., groups, 32, 2]` with their scales `[..., groups]`."""
        wide = numbers.flatten(-2).float() * scales.float()[..., None]
        return wide.flatten(-2)[..., : self.in_features]


def _packed(dense: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers and scales of some rows."""
    groups = in_groups(dense, GROUP)
    scales = (groups.abs().amax(-1) / _LARGEST).bfloat16()
    divisors = torch.where(scales == 0, 1, scales.float())[..., None]
    panels = in_panels((groups / divisors).round().clamp(-_LARGEST, _LARGEST).to(torch.int8))
    pairs = panels.view(*panels.shape[:3], -1, 2).permute(0, 2, 3, 1, 4)
    return pairs, in_panels(scales).transpose(1, 2)
