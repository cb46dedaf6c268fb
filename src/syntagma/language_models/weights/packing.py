"""A matrix put into one of the formats, and one that was kept in it."""

from __future__ import annotations

from collections.abc import Mapping
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
    kind = _class(format)
    if dense.dim() != 2 or not dense.is_floating_point():
        raise ModelError(
            f"a weight of shape {list(dense.shape)} and dtype {dense.dtype}", fix="Give a matrix of floats"
        )
    return kind.packed(dense)


def restore(format: Format, out_features: int, in_features: int, buffers: Mapping[str, Tensor]) -> Weight:
    """The weight whose `state_dict` this is; it is not copied.

    Raises:
        ModelError: there is no such format, or a buffer is missing, unknown, or of another shape or dtype.
    """
    kind = _class(format)
    shapes = kind.shapes(out_features, in_features)
    if buffers.keys() != shapes.keys():
        raise ModelError(f"a weight of {format} made of {sorted(buffers)}", fix=f"It needs {sorted(shapes)}")
    for name, (shape, dtype) in shapes.items():
        found = buffers[name]
        if tuple(found.shape) != shape or found.dtype != dtype:
            raise ModelError(
                f"'{name}' of a weight of {format} has the shape {list(found.shape)} and is {found.dtype}",
                fix=f"It must have the shape {list(shape)} and be {dtype}",
            )
    ordered = [buffers[name].contiguous() for name in shapes]
    if issubclass(kind, Float32Weight | BFloat16Weight):
        return kind(*ordered)
    return kind(out_features, in_features, *ordered)


def _class(format: str) -> type[Float32Weight | BFloat16Weight | Int8Weight | Int4Weight]:
    if format not in _CLASSES:
        raise ModelError(f"the weight format {format!r}", fix=f"There are {', '.join(get_args(Format))}")
    return _CLASSES[format]
