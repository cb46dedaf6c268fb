"""Where a stored tensor goes: the parameter of the decoder that it is, or the parts of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

Parts = Callable[[Tensor], tuple[Tensor, ...]]


def whole(parameter: Tensor) -> tuple[Tensor, ...]:
    """The parameter itself."""
    return (parameter,)


class Placement(NamedTuple):
    """One stored tensor and its place, so that reading and saving are two directions of one line.

    `parts` gives views of the parameter, never copies, which side by side along their second dimension are the stored
    tensor, their elements in its order. Most tensors have one part.
    """

    stored: str
    """Name in the files."""
    shape: tuple[int, ...]
    """Shape in the files."""
    parameter: str
    """Name in the decoder, as in `parameter_shapes`."""
    parts: Parts = whole

    def to_store(self, parameter: Tensor) -> Tensor:
        """The tensor as the files have it; a copy where it is not one run of the parameter's memory."""
        parts = self.parts(parameter)
        joined = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
        return joined.reshape(self.shape).contiguous()


def by_parameter(placements: Iterable[Placement]) -> dict[str, list[Placement]]:
    """The stored tensors of each parameter."""
    found: dict[str, list[Placement]] = {}
    for placement in placements:
        found.setdefault(placement.parameter, []).append(placement)
    return found


def rows(start: int, count: int) -> Parts:
    """Consecutive rows of a matrix, or elements of a bias."""
    return lambda parameter: (parameter[start : start + count],)


def rows_of_expert(expert: int, start: int, count: int) -> Parts:
    """Consecutive rows of one matrix in a stack of them."""
    return lambda parameter: (parameter[expert, start : start + count],)


def rows_in_turn(parameter: Tensor) -> tuple[Tensor, ...]:
    """The rows of the first and the second half in turn: a GeGELU's gate and value as phi-3-small stores them."""
    return (parameter.view(2, len(parameter) // 2, *parameter.shape[1:]).transpose(0, 1),)


def by_kv_head(heads: int, kv_heads: int, head_size: int) -> Parts:
    """For each key-value head its queries, its keys, its values: how phi-3-small stores them."""

    def parts(parameter: Tensor) -> tuple[Tensor, ...]:
        together = torch.split(parameter, [heads * head_size, kv_heads * head_size, kv_heads * head_size])
        return tuple(part.view(kv_heads, -1, head_size, *parameter.shape[1:]) for part in together)

    return parts


def pairs_of_turning_rows(start: int, heads: int, head_size: int) -> Parts:
    """Heads whose dimensions turn in halves, in the order of files where they turn in pairs: GGUF's Llama."""

    def parts(parameter: Tensor) -> tuple[Tensor, ...]:
        halves = parameter[start : start + heads * head_size].view(heads, 2, head_size // 2, *parameter.shape[1:])
        return (halves.transpose(1, 2),)

    return parts
