"""What every structure over label sequences checks: lengths, labels, counts; and the precision it works in."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.parts import own_words


def working_precision(scores: Tensor) -> torch.dtype:
    """Float64, in which sharp scores keep their meaning; float32 on Metal, which has no other."""
    return torch.float32 if scores.device.type == "mps" else torch.float64


def result_precision(*scores: Tensor | None) -> torch.dtype:
    """The type of results: the widest of the scores', float32 at least."""
    dtype = torch.float32
    for part in scores:
        if part is not None and part.dtype != dtype:
            dtype = torch.promote_types(dtype, part.dtype)
    return dtype


def check_count(name: str, count: int) -> None:
    """Raise a StructureError where fewer than one output is asked for."""
    if count < 1:
        raise StructureError(f"{name} is {count}", fix=f"Ask for {name} of 1 or more")


def check_temperature(temperature: float) -> None:
    """Raise a StructureError where scores would be divided by something that is no temperature."""
    if not 0 < temperature < math.inf:
        raise StructureError(f"the temperature is {temperature}", fix="Give a number above 0")


def check_emissions(emissions: Tensor) -> None:
    """Raise a StructureError where emissions are not `[batch, words, labels]` with a word and a label at least."""
    if emissions.dim() != 3 or 0 in emissions.shape[1:]:
        raise StructureError(f"emissions have shape {list(emissions.shape)}", fix="Give them as [batch, words, labels]")


def checked_lengths(lengths: Tensor | None, like: Tensor) -> Tensor | None:
    """`lengths [batch]` for scores `like [batch, words, ...]` as int64, or None where all rows are full.

    Raises:
        StructureError: they are not one integer a row, or one is not from 1 to words; names the row.
    """
    if lengths is None:
        return None
    batch, words = like.shape[:2]
    if lengths.shape != (batch,) or lengths.is_floating_point():
        raise StructureError(
            f"lengths are {lengths.dtype} of shape {list(lengths.shape)}", fix=f"Give {batch} integers, one a row"
        )
    known: list[int] = lengths.tolist()
    for row, length in enumerate(known):
        if not 1 <= length <= words:
            raise StructureError(f"row {row} has length {length}", fix=f"Lengths are from 1 to {words} here")
    return None if min(known, default=words) == words else lengths.to(like.device, torch.int64)


def checked_labels(outputs: Tensor, emissions: Tensor, lengths: Tensor | None) -> Tensor:
    """The labels `[batch, words]` or `[batch, n, words]` with 0 in place of what is in padding.

    Raises:
        StructureError: another shape, or a label that is not one of `emissions [batch, words, labels]`.
    """
    batch, words, count = emissions.shape
    if outputs.dim() not in (2, 3) or outputs.shape[0] != batch or outputs.shape[-1] != words:
        raise StructureError(
            f"labels have shape {list(outputs.shape)}", fix=f"Give them as [{batch}, {words}] or [{batch}, n, {words}]"
        )
    valid = own_words(words, lengths, emissions)
    valid = valid if outputs.dim() == 2 else valid.unsqueeze(1)
    wrong = (((outputs < 0) | (outputs >= count)) & valid).nonzero()
    if wrong.numel():
        place = wrong[0].tolist()
        label = int(outputs[tuple(place)])
        raise StructureError(
            f"row {place[0]} has label {label} at position {place[-1]}", fix=f"Labels are from 0 to {count - 1} here"
        )
    return outputs.where(valid, 0)
