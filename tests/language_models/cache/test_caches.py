"""Both kinds of cache against a plain list of tokens, over any course of pieces and cuts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, strategies as st

from syntagma.language_models.cache import GrowingCache, RingCache, SequenceCache, new_cache
from syntagma.language_models.config import DecoderConfig, Rotary

WINDOW, PIECE = 5, 4
CONFIG = DecoderConfig(
    family="llama",
    vocab_size=10,
    hidden_size=4,
    intermediate_size=4,
    num_layers=2,
    num_heads=2,
    num_kv_heads=2,
    head_size=2,
    rotary=Rotary(size=2),
    max_positions=64,
    window=WINDOW,
)
CPU = torch.device("cpu")


def vectors(tokens: list[int], layer: int) -> torch.Tensor:
    """Keys that tell token and layer, `[tokens, heads, head size]`."""
    return torch.tensor(tokens, dtype=torch.float32)[:, None, None].expand(-1, 2, 2) + 1000 * layer


def read(cache: SequenceCache, tokens: list[int]) -> None:
    """Take tokens as a forward pass does, and look at what each layer could see."""
    cache.reserve(len(tokens))
    for layer in range(CONFIG.num_layers):
        seen = cache.store(layer, vectors(tokens, layer), -vectors(tokens, layer))
        assert torch.equal(seen.keys, -seen.values)
    cache.commit(len(tokens))


def visible(cache: SequenceCache, tokens: list[int]) -> dict[int, float]:
    """What a query at each new position sees in its window, the last layer's key by position."""
    positions = cache.positions(len(tokens))
    cache.reserve(len(tokens))
    keys = cache.store(1, vectors(tokens, 1), vectors(tokens, 1)).keys[0, :, 0]
    first = cache.length - WINDOW + 1
    return {
        int(position): float(key) for position, key in zip(positions, keys, strict=True) if position >= max(0, first)
    }


@given(st.lists(st.integers(1, PIECE), max_size=12), st.integers(1, PIECE))
def test_a_ring_shows_what_a_growing_cache_shows(pieces: list[int], last: int) -> None:
    growing = GrowingCache(CONFIG, dtype=torch.float32, device=CPU)
    ring = RingCache(CONFIG, dtype=torch.float32, device=CPU, piece=PIECE)
    token = 0
    for count in pieces:
        for cache in (growing, ring):
            read(cache, list(range(token, token + count)))
        token += count
    new = list(range(token, token + last))
    expected = {position: 1000.0 + position for position in range(max(0, token - WINDOW + 1), token + last)}
    assert visible(growing, new) == expected
    assert visible(ring, new) == expected


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_cut_ring_never_shows_what_it_has_lost(length: int, cut: int) -> None:
    ring = RingCache(CONFIG, dtype=torch.float32, device=CPU, piece=PIECE)
    for token in range(length):
        read(ring, [token])
    if not ring.holds(cut):
        assert cut > length or cut < length - PIECE + 1
        return
    ring.truncate(cut)
    expected = {position: 1000.0 + position for position in range(max(0, cut - WINDOW + 1), cut + 1)}
    assert visible(ring, [cut]) == expected


def test_a_ring_can_be_cut_by_as_much_as_a_piece_is_long() -> None:
    ring = RingCache(CONFIG, dtype=torch.float32, device=CPU, piece=PIECE)
    for token in range(20):
        read(ring, [token])
    ring.truncate(20 - PIECE + 1)
    assert ring.length == 20 - PIECE + 1
    with pytest.raises(ValueError, match="cannot be cut"):
        ring.truncate(5)


def test_an_interrupted_pass_leaves_nothing_behind() -> None:
    cache = GrowingCache(CONFIG, dtype=torch.float32, device=CPU)
    read(cache, [0, 1])
    cache.reserve(3)
    cache.store(0, vectors([7, 8, 9], 0), vectors([7, 8, 9], 0))  # and then the pass was broken off
    assert cache.length == 2
    assert visible(cache, [2]) == {0: 1000.0, 1: 1001.0, 2: 1002.0}


def test_a_copy_goes_on_apart() -> None:
    cache = GrowingCache(CONFIG, dtype=torch.float32, device=CPU)
    read(cache, [0, 1])
    other = cache.copy()
    read(cache, [2])
    read(other, [5])
    assert visible(cache, [3])[2] == 1002.0
    assert visible(other, [3])[2] == 1005.0


def test_clearing_says_how_the_next_keys_turn() -> None:
    cache = new_cache(CONFIG, "growing", dtype=torch.float32, device=CPU)
    read(cache, [0])
    cache.clear(long=True)
    assert (cache.length, cache.long) == (0, True)


def test_models_with_a_short_window_get_a_ring() -> None:
    assert isinstance(new_cache(CONFIG, dtype=torch.float32, device=CPU), RingCache)
    with pytest.raises(ValueError, match="5 tokens at once"):
        new_cache(CONFIG, dtype=torch.float32, device=CPU, piece=4).reserve(5)
