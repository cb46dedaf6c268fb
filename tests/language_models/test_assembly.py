"""Decoders put together from parameters: every format computes with the matrices that it holds."""

from __future__ import annotations

import pytest
import torch

from syntagma.errors import ModelError
from syntagma.language_models.assembly import assemble
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.parameters import parameter_shapes

from .random_decoders import EVERY, PHI3, random_tokens
from .reference_decoder import reference_logits


def parameters(name: str) -> dict[str, torch.Tensor]:
    """Random ones."""
    generator = torch.Generator().manual_seed(2)
    return {
        key: 0.3 * torch.randn(shape, generator=generator) + (1 if "norm" in key and "weight" in key else 0)
        for key, shape in parameter_shapes(EVERY[name]).items()
    }


def logits(decoder: Decoder, tokens: list[int]) -> torch.Tensor:
    """At every token."""
    with torch.no_grad():
        batch = Batch(decoder.config, [Piece(len(tokens))], torch.device("cpu"))
        return decoder.logits(decoder(decoder.embed(torch.tensor(tokens)), batch))


@pytest.mark.parametrize("name", ["phi3", "llama", "phi3small", "phimoe"])
@pytest.mark.parametrize("weights", ["bf16", "int8", "int4"])
def test_a_format_is_the_formulas_with_the_matrices_that_it_holds(name: str, weights: str) -> None:
    decoder = assemble(EVERY[name], parameters(name).items(), weights=weights)  # type: ignore[arg-type]
    tokens = random_tokens(EVERY[name], 9)
    expected = reference_logits(decoder, tokens)
    torch.testing.assert_close(logits(decoder, tokens).double(), expected, rtol=0, atol=1e-3)


def test_a_table_keeps_eight_bits_and_a_router_all() -> None:
    decoder = assemble(EVERY["phimoe"], parameters("phimoe").items(), weights="int4")
    formats = {
        name: module.weight.format
        for name, module in decoder.named_modules()
        if hasattr(module, "weight") and hasattr(module.weight, "format")
    }
    assert formats["embedding"] == "bf16"
    assert formats["head"] == "int8"
    assert formats["layers.0.feed_forward.router"] == "fp32"
    assert formats["layers.0.attention.qkv"] == formats["layers.0.feed_forward.experts.3.down"] == "int4"


def test_a_tied_table_is_held_once() -> None:
    decoder = assemble(PHI3, parameters("phi3").items())
    assert decoder.head.weight is decoder.embedding.weight
    assert decoder.weight_bytes == 4 * PHI3.parameters


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda given: given.pop("norm.weight"), "1 parameters are missing, norm.weight among them"),
        (lambda given: given.update(extra=torch.zeros(1)), "extra is not one of this decoder"),
        (
            lambda given: given.update({"norm.weight": torch.zeros(3)}),
            r"norm.weight has the shape \[3\], not \[48\]",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_named(change: object, said: str) -> None:
    given = parameters("phi3")
    change(given)  # type: ignore[operator]
    with pytest.raises(ModelError, match=said):
        assemble(PHI3, given.items())
