"""A decoder put together from its parameters, each packed into its format as soon as it comes."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from syntagma.errors import ModelError
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.feed_forward import MixtureOfExperts
from syntagma.language_models.parameters import parameter_shapes
from syntagma.language_models.weights import Format, pack


def assemble(
    config: DecoderConfig,
    parameters: Iterable[tuple[str, Tensor]],
    *,
    weights: Format = "fp32",
    dtype: torch.dtype = torch.float32,
) -> Decoder:
    """A decoder that computes in `dtype`, from every parameter of `parameter_shapes` in any order.

    Raises:
        ModelError: a parameter is missing, unknown, or of another shape.
    """
    decoder = Decoder(config, dtype)
    missing = parameter_shapes(config)
    for name, tensor in parameters:
        shape = missing.pop(name, None)
        if shape is None:
            raise ModelError(f"the parameter {name} is not one of this decoder, or came twice")
        if tuple(tensor.shape) != shape:
            raise ModelError(f"the parameter {name} has the shape {list(tensor.shape)}, not {list(shape)}")
        _put(decoder, name, tensor, weights)
        del tensor  # the next one is read into memory of its own
    if missing:
        raise ModelError(f"{len(missing)} parameters are missing, {next(iter(missing))} among them")
    if config.tied:
        decoder.head.weight = decoder.embedding.weight
    return decoder.eval()


def _put(decoder: Decoder, name: str, tensor: Tensor, weights: Format) -> None:
    """Give a parameter to the module that it is named after."""
    owner_name, _, part = name.rpartition(".")
    if ".feed_forward." in name and decoder.config.experts and "router" not in name:
        _put_experts(decoder, owner_name, tensor, weights)
        return
    owner = decoder.get_submodule(owner_name)
    if part == "weight" and tensor.dim() == 2:
        owner.weight = pack(tensor, _format(decoder, owner_name, weights))
    else:
        _fill(owner, part, tensor.to(decoder.dtype))


def _put_experts(decoder: Decoder, owner_name: str, tensor: Tensor, weights: Format) -> None:
    mixture_name, _, part = owner_name.rpartition(".")
    mixture = decoder.get_submodule(mixture_name)
    assert isinstance(mixture, MixtureOfExperts)  # the config has experts
    for expert, matrix in zip(mixture.experts, tensor, strict=True):
        getattr(expert, part).weight = pack(matrix, weights)


def _fill(owner: nn.Module, part: str, tensor: Tensor) -> None:
    held = getattr(owner, part)
    if isinstance(held, nn.Parameter):
        held.data = tensor.clone()
    else:
        setattr(owner, part, tensor.clone())


def _format(decoder: Decoder, owner_name: str, weights: Format) -> Format:
    """What a matrix is packed into: tables suffer from four bits, and routers decide, so both keep more."""
    if owner_name.endswith("router"):
        return "fp32"
    if owner_name in ("embedding", "head"):
        if owner_name == "embedding" and not decoder.config.tied:
            return "bf16" if weights in ("int8", "int4") else weights
        return "int8" if weights == "int4" else weights
    return weights
