"""8-bit weights: whole numbers from -127 to 127, and for every 64 of a row a scale."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from syntagma.language_models.weights.integers import IntegerWeight
from syntagma.language_models.weights.panels import ROWS, Buffers, in_groups, in_panels
from syntagma.language_models.weights.weight import Format

GROUP = 64
_LARGEST = 127


class Int8Weight(IntegerWeight):
    """`weight = number * scale`, the scale bfloat16: 8.25 bits a weight.

    `numbers [panels, groups, 32, 16, 2]`: of two columns at a time, those of 16 rows. `scales [panels, groups, 16]`.
    """

    format: ClassVar[Format] = "int8"

    @classmethod
    def shapes(cls, out_features: int, in_features: int) -> Buffers:
        """Shape and dtype of each buffer."""
        panels, groups = -(-out_features // ROWS), -(-in_features // GROUP)
        return {
            "numbers": ((panels, groups, GROUP // 2, ROWS, 2), torch.int8),
            "scales": ((panels, groups, ROWS), torch.bfloat16),
        }

    @staticmethod
    def _packed(dense: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers and scales of some rows: the largest number of each group becomes 127."""
        groups = in_groups(dense, GROUP)
        scales = (groups.abs().amax(-1) / _LARGEST).bfloat16()
        divisors = torch.where(scales == 0, 1, scales.float())[..., None]
        panels = in_panels((groups / divisors).round().clamp(-_LARGEST, _LARGEST).to(torch.int8))
        pairs = panels.view(*panels.shape[:3], -1, 2).permute(0, 2, 3, 1, 4)
        return pairs, in_panels(scales).transpose(1, 2)

    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., groups, 32, 2]` with their scales `[..., groups]`."""
        wide = numbers.flatten(-2).float() * scales.float()[..., None]
        return wide.flatten(-2)[..., : self.in_features]
