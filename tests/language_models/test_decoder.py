"""The decoder of every family: against its formulas, and whatever is beside, before or behind a sequence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings, strategies as st

from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.cache import CacheKind, new_cache
from syntagma.language_models.config import DecoderConfig
from syntagma.language_models.decoder import Decoder

from .random_decoders import EVERY, PHI3, WINDOWED, random_decoder, random_tokens
from .reference_decoder import reference_logits

TOLERANCE = 2e-4
"""Absolute, in float32, where logits are of the order of 10."""
CPU = torch.device("cpu")
families = pytest.mark.parametrize("name", EVERY)


def logits_of(decoder: Decoder, *sequences: list[int]) -> list[torch.Tensor]:
    """Logits at every token of sequences that are read together, uncached."""
    pieces = [Piece(len(tokens), long=decoder.config.turns_long(len(tokens))) for tokens in sequences]
    batch = Batch(decoder.config, pieces, CPU)
    with torch.no_grad():
        states = decoder(decoder.embed(torch.tensor([token for one in sequences for token in one])), batch)
        return list(decoder.logits(states).split([len(tokens) for tokens in sequences]))


def logits_by_pieces(
    decoder: Decoder, tokens: list[int], counts: list[int], kind: CacheKind, long: bool
) -> torch.Tensor:
    """The same with a cache, some tokens at a time."""
    cache = new_cache(decoder.config, kind, dtype=torch.float32, device=CPU, long=long, piece=max(counts))
    found = []
    with torch.no_grad():
        for count in counts:
            batch = Batch(decoder.config, [Piece(count, cache)], CPU)
            vectors = decoder.embed(torch.tensor(tokens[cache.length : cache.length + count]))
            found.append(decoder.logits(decoder(vectors, batch)))
    return torch.cat(found)


@families
@pytest.mark.parametrize("length", [1, 20, 32, 33, 40])
def test_logits_equal_the_formulas(name: str, length: int) -> None:
    decoder = random_decoder(EVERY[name])
    tokens = random_tokens(EVERY[name], length)
    expected = reference_logits(decoder, tokens)
    assert expected.isfinite().sum() > 0
    torch.testing.assert_close(logits_of(decoder, tokens)[0].double(), expected, rtol=0, atol=TOLERANCE)


@families
def test_sequences_side_by_side_do_not_touch_one_another(name: str) -> None:
    decoder = random_decoder(EVERY[name])
    sequences = [random_tokens(EVERY[name], length, seed=length) for length in (5, 40, 1, 33, 32)]
    for tokens, together in zip(sequences, logits_of(decoder, *sequences), strict=True):
        torch.testing.assert_close(together, logits_of(decoder, tokens)[0], rtol=0, atol=TOLERANCE)


@families
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(max_examples=15)
def test_pieces_change_nothing(name: str, counts: list[int]) -> None:
    config = EVERY[name]
    decoder, tokens = random_decoder(config), random_tokens(config, sum(counts))
    expected = logits_of(decoder, tokens)[0]
    found = logits_by_pieces(decoder, tokens, counts, "growing", config.turns_long(len(tokens)))
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=10))
@settings(max_examples=15)
def test_a_ring_changes_nothing(counts: list[int]) -> None:
    decoder, tokens = random_decoder(WINDOWED), random_tokens(WINDOWED, sum(counts))
    expected = logits_of(decoder, tokens)[0]
    found = logits_by_pieces(decoder, tokens, counts, "ring", long=False)
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)


def test_the_switch_to_long_factors_shows() -> None:
    decoder, tokens = random_decoder(PHI3), random_tokens(PHI3, 34)
    at = {length: logits_of(decoder, tokens[:length])[0][:30] for length in (31, 32, 33, 34)}
    torch.testing.assert_close(at[31], at[32], rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(at[33], at[34], rtol=0, atol=TOLERANCE)
    assert (at[33] - at[32]).abs().max() > 1


def test_only_the_window_is_seen() -> None:
    one_layer = replace(WINDOWED, num_layers=1)
    decoder = random_decoder(one_layer)
    vectors = decoder.embed(torch.tensor(random_tokens(one_layer, 16))).requires_grad_()
    decoder(vectors, Batch(one_layer, [Piece(16)], CPU))[15].sum().backward()
    assert vectors.grad is not None
    assert (vectors.grad.abs().sum(-1) > 0).nonzero().flatten().tolist() == list(range(8, 16))


def test_vectors_may_come_from_elsewhere_than_the_table() -> None:
    decoder = random_decoder(PHI3)
    vectors = torch.randn(4, PHI3.hidden_size)
    states = decoder(vectors, Batch(PHI3, [Piece(4)], CPU))
    assert states.shape == (4, PHI3.hidden_size)
    moved = decoder(vectors + 1e-2, Batch(PHI3, [Piece(4)], CPU))
    assert not torch.allclose(states, moved)


def test_an_adapter_touches_the_sequences_that_take_it_and_no_other() -> None:
    class Doubling(torch.nn.Module):
        def forward(self, hidden: torch.Tensor, routes: torch.Tensor) -> torch.Tensor:
            return (routes == 2)[:, None] * hidden[:, :1] * torch.ones(PHI3.hidden_size)

    decoder = random_decoder(PHI3)
    tokens = torch.tensor(random_tokens(PHI3, 9))
    plain = decoder(decoder.embed(tokens), Batch(PHI3, [Piece(4), Piece(5)], CPU))
    decoder.layers[1].feed_forward.down.adapters.append(Doubling())  # type: ignore[union-attr, operator]
    routed = decoder(decoder.embed(tokens), Batch(PHI3, [Piece(4, route=1), Piece(5, route=2)], CPU))
    assert torch.equal(plain[:4], routed[:4])
    assert not torch.allclose(plain[4:], routed[4:])


@pytest.mark.parametrize("config", [EVERY["phi3"], EVERY["phi3small"], EVERY["phimoe"]])
def test_parameters_are_counted(config: DecoderConfig) -> None:
    from syntagma.language_models.parameters import parameter_shapes

    assert config.parameters == sum(torch.Size(shape).numel() for shape in parameter_shapes(config).values())
