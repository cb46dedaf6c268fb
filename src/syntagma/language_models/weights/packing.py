"""A matrix put into one of the formats."""

from __future__ import annotations

from typing import get_args

from torch import Tensor

from syntagma.errors import ModelError
from syntagma.language_models.weights.dense import BFloat16Weight, Float32Weight
from syntagma.language_models.weights.int4 import Int4Weight
from syntagma.language_models.weights.int8 import Int8Weight
from syntagma.language_models.weights.weight import Format, Weight

_CLASSES: dict[str, type[Float32Weight | BFloat16Weight | Int8Weight | Int4Weight]] = {
    "fp32": Float32Weight,
    "bf16": BFloat16Weight,
    "int8": Int8Weight,
    "int4": Int4Weight,
}


def pack(dense: Tensor, format: Format) -> Weight:
    """A matrix `[out, in]` in a format.

    Raises:
        ModelError: it is no matrix, there is no such format, or a number to be made an integer is not finite.
    """
    if format not in _CLASSES:
        raise ModelError(f"the weight format {format!r}", fix=f"There are {', '.join(get_args(Format))}")
    if dense.dim() != 2 or not dense.is_floating_point():
        raise ModelError(
            f"a weight of shape {list(dense.shape)} and dtype {dense.dtype}", fix="Give a matrix of floats"
        )
    return _CLASSES[format](dense)
