"""The compiled step of a decoder against its modules, token after token, in every format."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch

from syntagma.language_models.assembly import assemble
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.cache import SequenceCache, new_cache
from syntagma.language_models.config import DecoderConfig, LongRope, Rotary
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.fused.decode import decode_step, suits
from syntagma.language_models.parameters import parameter_shapes
from syntagma.language_models.weights import Format
from syntagma.structures.kernels.dispatch import use_kernel

from ..random_decoders import MOE, PHI3, SMALL

pytest.importorskip("numba", reason="numba is not installed")

FORMATS = get_args(Format)
PLAIN = replace(
    PHI3, hidden_size=64, intermediate_size=96, num_heads=6, num_kv_heads=2, head_size=32, rotary=Rotary(32)
)
PARTIAL = replace(
    PLAIN,
    head_size=48,
    rotary=Rotary(32, long=LongRope(32, (1.0, 1.1) * 8, (1.5, 4.0) * 8, 1.1832, 1.1832)),
)
WINDOWED = replace(PLAIN, window=5)
CONFIGS = {"plain": PLAIN, "partial": PARTIAL, "windowed": WINDOWED}


def decoder_of(config: DecoderConfig, format: Format, dtype: torch.dtype) -> Decoder:
    generator = torch.Generator().manual_seed(0)

    def drawn(name: str, shape: tuple[int, ...]) -> torch.Tensor:
        numbers = 0.2 * torch.randn(shape, generator=generator)
        return numbers + 1 if "norm" in name else numbers

    parameters = [(name, drawn(name, shape)) for name, shape in parameter_shapes(config).items()]
    return assemble(config, parameters, weights=format, dtype=dtype)


def caches_of(decoder: Decoder, lengths: list[int]) -> list[SequenceCache]:
    """Memories of random sequences of these lengths."""
    caches = []
    for length in lengths:
        cache = new_cache(decoder.config, dtype=decoder.dtype, device=decoder.device)
        if length:
            tokens = torch.arange(length) * 7 % decoder.config.vocab_size
            with use_kernel("reference"):
                decoder(decoder.embed(tokens), Batch(decoder.config, [Piece(length, cache)], decoder.device))
        caches.append(cache)
    return caches


def batch_of(decoder: Decoder, caches: list[SequenceCache]) -> Batch:
    return Batch(decoder.config, [Piece(1, cache) for cache in caches], decoder.device)


@torch.inference_mode()
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("lengths", [[0], [3, 0, 17, 40]])
def test_a_step_is_what_the_modules_compute(
    config: str, format: Format, dtype: torch.dtype, lengths: list[int]
) -> None:
    decoder = decoder_of(CONFIGS[config], format, dtype)
    theirs, ours = caches_of(decoder, lengths), caches_of(decoder, lengths)
    tolerance = 2e-4 if dtype == torch.float32 else 0.06
    for token in range(7):
        hidden = decoder.embed(torch.arange(len(lengths)) + token)
        batch = batch_of(decoder, ours)
        with use_kernel("cpu"):
            assert suits(decoder, hidden, batch)
            found = decode_step(decoder, hidden, batch)
        batch.commit()
        with use_kernel("reference"):
            plain = batch_of(decoder, theirs)
            assert not suits(decoder, hidden, plain)
            expected = decoder(hidden, plain)
        torch.testing.assert_close(found, expected, rtol=0, atol=tolerance * float(expected.abs().max()))
        for left, right in zip(ours, theirs, strict=True):
            assert left.length == right.length


@torch.inference_mode()
def test_a_row_does_not_depend_on_the_others() -> None:
    decoder = decoder_of(PLAIN, "int4", torch.float32)
    lengths = [1, 5, 9, 0, 30, 2, 2, 7, 12, 3, 64, 8, 100, 4, 6, 11]
    hidden = decoder.embed(torch.arange(16))
    with use_kernel("cpu"):
        together = decode_step(decoder, hidden, batch_of(decoder, caches_of(decoder, lengths)))
        for row in (0, 4, 10, 15):
            batch = batch_of(decoder, caches_of(decoder, [lengths[row]]))
            alone = decode_step(decoder, hidden[row : row + 1], batch)
            torch.testing.assert_close(together[row : row + 1], alone, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_two_threads_compute_what_one_does() -> None:
    decoder = decoder_of(PLAIN, "bf16", torch.bfloat16)
    before = torch.get_num_threads()
    hidden = decoder.embed(torch.tensor([3, 4]))
    caches = caches_of(decoder, [20, 3])
    try:
        with use_kernel("cpu"):
            torch.set_num_threads(1)
            alone = decode_step(decoder, hidden, batch_of(decoder, caches))
            torch.set_num_threads(2)
            for _ in range(50):
                assert torch.equal(decode_step(decoder, hidden, batch_of(decoder, caches)), alone)
    finally:
        torch.set_num_threads(before)


@torch.inference_mode()
def test_what_is_not_compiled_is_left_to_the_modules() -> None:
    plain = decoder_of(PLAIN, "fp32", torch.float32)
    with use_kernel("cpu"):
        caches = caches_of(plain, [2, 3])
        two = Batch(PLAIN, [Piece(2, caches[0])], plain.device)
        assert not suits(plain, plain.embed(torch.tensor([1, 2])), two)
        assert not suits(plain, plain.embed(torch.tensor([1])), Batch(PLAIN, [Piece(1)], plain.device))
        for config in (PHI3, SMALL, MOE):
            decoder = decoder_of(config, "fp32", torch.float32)
            batch = batch_of(decoder, caches_of(decoder, [2]))
            assert not suits(decoder, decoder.embed(torch.tensor([1])), batch)


@torch.inference_mode()
def test_a_decoder_that_was_moved_is_read_where_it_is() -> None:
    decoder = decoder_of(PLAIN, "int8", torch.float32)
    hidden, caches = decoder.embed(torch.tensor([3])), caches_of(decoder, [4])
    with use_kernel("cpu"):
        before = decode_step(decoder, hidden, batch_of(decoder, caches))
        decoder._apply(torch.clone)  # type: ignore[no-untyped-call]
        assert torch.equal(decode_step(decoder, hidden, batch_of(decoder, caches)), before)
