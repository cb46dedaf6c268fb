"""8-bit weights: whole numbers from -127 to 127, and for every 64 of a row a scale."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from syntagma.language_models.weights.panels import ROWS, in_groups, in_panels
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

    def __init__(self, dense: Tensor) -> None:
        super().__init__(*dense.shape)
        groups = in_groups(dense.detach(), GROUP)
        scales = (groups.abs().amax(-1) / _LARGEST).bfloat16()
        whole = (groups / scales.float().clamp_min(1e-38)[..., None]).round().clamp(-_LARGEST, _LARGEST)
        panels = in_panels(whole.to(torch.int8))
        pairs = panels.view(*panels.shape[:3], -1, 2)
        self.register_buffer("numbers", pairs.permute(0, 2, 3, 1, 4).contiguous())
        self.register_buffer("scales", in_panels(scales).transpose(1, 2).contiguous())

    def rows(self, ids: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Rows by number."""
        if ids.numel() and not -self.out_features <= int(ids.min()) <= int(ids.max()) < self.out_features:
            raise IndexError(f"a row outside a matrix of {self.out_features}")
        ids = ids % self.out_features
        panel, row = ids // ROWS, ids % ROWS
        return self._unpacked(self.numbers[panel, :, :, row], self.scales[panel, :, row]).to(dtype)

    def _block(self, first: int, last: int) -> Tensor:
        numbers = self.numbers[first // ROWS : -(-last // ROWS)].permute(0, 3, 1, 2, 4).flatten(0, 1)
        scales = self.scales[first // ROWS : -(-last // ROWS)].transpose(1, 2).flatten(0, 1)
        start = first // ROWS * ROWS
        return self._unpacked(numbers[first - start : last - start], scales[first - start : last - start])

    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., groups, 32, 2]` with their scales `[..., groups]`."""
        wide = numbers.flatten(-2).float() * scales.float()[..., None]
        return wide.flatten(-2)[..., : self.in_features]
