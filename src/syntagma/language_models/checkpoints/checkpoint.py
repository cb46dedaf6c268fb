"""A released model whose files have been opened and checked, its weights not yet read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints.safetensors_header import PRECISIONS
from syntagma.language_models.checkpoints.stored_tensor import StoredTensor
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.families import Placement, by_parameter
from syntagma.language_models.parameters import parameter_shapes

_FIX = "Get the model again, or the config.json that belongs to these weights"
_QUANTISED = "a quantised GGUF type"


@dataclass(frozen=True)
class Checkpoint:
    """A model on disk: everything about it is known and fits together, so that reading the weights can only succeed."""

    path: Path
    """A folder, or a GGUF file."""
    config: DecoderConfig
    placements: Sequence[Placement]
    tensors: Mapping[str, StoredTensor]
    """By the names of the placements."""
    left_aside: tuple[str, ...] = ()
    """Names of stored tensors that the decoder does not use, such as adapters and the towers of other modalities."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What a GGUF file says besides, its tokenizer among it."""

    @property
    def stored_as(self) -> str:
        """Name of the encoding that most of the weights have: BF16, F32, Q4_1."""
        sizes: Counter[str] = Counter()
        for tensor in self._used():
            sizes[tensor.encoding.name] += tensor.nbytes
        return sizes.most_common(1)[0][0]

    @property
    def dtype(self) -> torch.dtype:
        """The precision that most of the weights are stored in; float32 where they are quantised."""
        return PRECISIONS.get(self.stored_as, torch.float32)

    @property
    def nbytes(self) -> int:
        """Bytes of all weights on disk."""
        return sum(tensor.nbytes for tensor in self._used())

    def parameters(self, dtype: torch.dtype) -> Iterator[tuple[str, Tensor]]:
        """Each parameter of the decoder once, whole, in `dtype`, in the order of `parameter_shapes`.

        Each is read when it is asked for, straight into its own memory; what was given before is not held on to.

        Raises:
            ModelError: a file was changed since it was opened.
        """
        placements = by_parameter(self.placements)
        for name, shape in parameter_shapes(self.config).items():
            yield name, self._parameter(torch.empty(shape, dtype=dtype), placements[name])

    def _parameter(self, parameter: Tensor, group: list[Placement]) -> Tensor:
        for placement in group:
            self.tensors[placement.stored].read_into(placement.parts(parameter))
        return parameter

    def _used(self) -> Iterator[StoredTensor]:
        return (self.tensors[placement.stored] for placement in self.placements)


def check_size(config: DecoderConfig, tensors: Mapping[str, StoredTensor], where: str) -> None:
    """Raise ModelError for a config of more layers or experts than there are tensors, before its names are listed."""
    needed = config.num_layers * (config.experts.count if config.experts else 1)
    if needed > len(tensors):
        raise ModelError(
            f"the config asks for {needed:,} layers or experts, and the files hold {len(tensors):,} tensors",
            where=where,
            fix=_FIX,
        )


def check_tensors(
    placements: Sequence[Placement],
    tensors: Mapping[str, StoredTensor],
    *,
    aside: Callable[[str], object],
    where: str,
) -> tuple[str, ...]:
    """The names that are left aside, once every tensor is found to be there, of its shape, in a precision we read.

    Raises:
        ModelError: one is not, or one is there that is neither the family's nor to be left aside.
    """
    expected = {placement.stored: placement.shape for placement in placements}
    missing = [name for name in expected if name not in tensors]
    if missing:
        raise _wrong(f"the tensor {missing[0]} is missing", missing, where)
    others = [name for name in tensors if name not in expected]
    strange = sorted(name for name in others if not aside(name))
    if strange:
        raise _wrong(f"the tensor {strange[0]} does not belong to a model of this family and config", strange, where)
    for name, shape in expected.items():
        _check_tensor(name, shape, tensors[name])
    return tuple(sorted(others))


def _check_tensor(name: str, shape: tuple[int, ...], tensor: StoredTensor) -> None:
    where = str(tensor.path)
    if tensor.shape != shape:
        found, needed = list(tensor.shape), list(shape)
        raise ModelError(
            f"the tensor {name} has the shape {found}; the config asks for {needed}", where=where, fix=_FIX
        )
    if tensor.encoding.dtype is not None and tensor.encoding.name not in PRECISIONS:
        known = ", ".join(PRECISIONS)
        raise ModelError(
            f"the tensor {name} is stored as {tensor.encoding.name}",
            where=where,
            fix=f"Give weights that are stored as {known} or {_QUANTISED}",
        )


def _wrong(found: str, names: list[str], where: str) -> ModelError:
    more = f", and so for {len(names) - 1} more" if len(names) > 1 else ""
    return ModelError(found + more, where=where, fix=_FIX)
