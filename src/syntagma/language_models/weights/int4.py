"""4-bit weights: whole numbers from 0 to 15, and for every 32 of a row a scale and an offset."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from syntagma.language_models.weights.integers import IntegerWeight
from syntagma.language_models.weights.panels import ROWS, Buffers, in_groups, in_panels
from syntagma.language_models.weights.rounding import rounded_to_four_bits
from syntagma.language_models.weights.weight import Format

GROUP = 32
_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Which of eight columns in a row is in each four bits of a 32-bit number, from the lowest."""


class Int4Weight(IntegerWeight):
    """`weight = (number - 8) * scale + offset`, scale and offset bfloat16: 5 bits a weight.

    `numbers [panels, groups, 4, 16]` int32: of eight columns at a time, those of 16 rows. Even columns are in the low
    halves and odd ones in the high, so that a pair is at the same place of both. `scales [panels, groups, 16, 2]`.
    """

    format: ClassVar[Format] = "int4"

    @classmethod
    def shapes(cls, out_features: int, in_features: int) -> Buffers:
        """Shape and dtype of each buffer."""
        panels, groups = -(-out_features // ROWS), -(-in_features // GROUP)
        return {
            "numbers": ((panels, groups, GROUP // 8, ROWS), torch.int32),
            "scales": ((panels, groups, ROWS, 2), torch.bfloat16),
        }

    @staticmethod
    def _packed(dense: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers and scales of some rows, rounded with the least squared error that is found."""
        rounded, scales = rounded_to_four_bits(in_groups(dense, GROUP))
        panels = in_panels(rounded)
        packed = torch.zeros(*panels.shape[:3], GROUP // 8, dtype=torch.int32, device=dense.device)
        eights = panels.view(*panels.shape[:3], -1, 8)
        for place, column in enumerate(_ORDER):
            packed |= eights[..., column].int() << 4 * place
        return packed.permute(0, 2, 3, 1), in_panels(scales).transpose(1, 2)

    def _unpacked(self, numbers: Tensor, scales: Tensor) -> Tensor:
        """Rows `[..., groups, 4]` with their scales and offsets `[..., groups, 2]`."""
        places = torch.tensor(
            [_ORDER.index(column) * 4 for column in range(8)], dtype=torch.int32, device=numbers.device
        )
        whole = ((numbers[..., None] >> places) & 15).flatten(-2).float() - 8
        scale, offset = scales.float()[..., None].unbind(-2)
        return (whole * scale + offset).flatten(-2)[..., : self.in_features]
