"""4-bit weights: whole numbers from 0 to 15, and for every 32 of a row a scale and an offset."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from syntagma.language_models.weights.panels import ROWS, in_groups, in_panels
from syntagma.language_models.weights.rounding import rounded_to_four_bits
from syntagma.language_models.weights.weight import Format, Weight

GROUP = 32
_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Which of eight columns in a row is in each four bits of a 32-bit number, from the lowest."""


class Int4Weight(Weight):
    """`weight = (number - 8) * scale + offset`, scale and offset bfloat16: 5 bits a weight.

    `numbers [panels, groups, 4, 16]` int32: of eight columns at a time, those of 16 rows. Even columns are in the low
    halves and odd ones in the high, so that a pair is at the same place of both. `scales [panels, groups, 16, 2]`.
    """

    format: ClassVar[Format] = "int4"
    numbers: Tensor
    scales: Tensor

    def __init__(self, dense: Tensor) -> None:
        super().__init__(*dense.shape)
        numbers, scales = rounded_to_four_bits(in_groups(dense.detach(), GROUP))
        panels = in_panels(numbers)
        eights = panels.view(*panels.shape[:3], -1, 8)[..., list(_ORDER)].long()
        packed = (eights << torch.arange(0, 32, 4, device=dense.device)).sum(-1)
        packed = torch.where(packed >= 1 << 31, packed - (1 << 32), packed).int()
        self.register_buffer("numbers", packed.permute(0, 2, 3, 1).contiguous())
        self.register_buffer("scales", in_panels(scales).transpose(1, 2).contiguous())

    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows by number."""
        if ids.numel() and not -self.out_features <= int(ids.min()) <= int(ids.max()) < self.out_features:
            raise IndexError(f"a row outside a matrix of {self.out_features}")
        ids = ids % self.out_features
        panel, row = ids // ROWS, ids % ROWS
        return self._unpacked(self.numbers[panel, :, :, row], self.scales[panel, :, row]).to(dtype)

    def _block(self, first: int, last: int) -> Tensor:
        numbers = self.numbers[first // ROWS : -(-last // ROWS)].permute(0, 3, 1, 2).flatten(0, 1)
        scales = self.scales[first // ROWS : -(-last // ROWS)].transpose(1, 2).flatten(0, 1)
        start = first // ROWS * ROWS
        return self._unpacked(numbers[first - start : last - start], scales[first - start : last - start])

    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., groups, 4]` with their scales and offsets `[..., groups, 2]`."""
        places = torch.tensor(
            [_ORDER.index(column) * 4 for column in range(8)], dtype=torch.int32, device=numbers.device
        )
        whole = ((numbers[..., None] >> places) & 15).flatten(-2).float() - 8
        scale, offset = scales.float()[..., None].unbind(-2)
        return (whole * scale + offset).flatten(-2)[..., : self.in_features]
