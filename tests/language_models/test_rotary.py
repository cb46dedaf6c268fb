"""Rotary positions: turning as complex multiplication, LongRoPE's two regimes token by token."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from syntagma.errors import ModelError
from syntagma.language_models.config import LongRope, Rotary
from syntagma.language_models.rotary import rotate, turns


def one_regime(rotary: Rotary, positions: list[int]) -> torch.Tensor:
    """A head of ones at these positions, turned."""
    where = torch.tensor(positions)
    return rotate(torch.ones(len(positions), 1, 8), turns(rotary, where, torch.zeros_like(where, dtype=torch.bool)))


def test_pairs_turn_as_complex_numbers_and_the_rest_of_a_head_passes() -> None:
    rotary = Rotary(size=6, theta=100.0)
    heads = torch.randn(4, 2, 8, dtype=torch.float64)
    where = torch.tensor([0, 1, 7, 5000])
    turned = rotate(heads.float(), turns(rotary, where, torch.zeros(4, dtype=torch.bool)))
    for token in range(4):
        for head in range(2):
            for pair in range(3):
                angle = where[token].item() / 100.0 ** (2 * pair / 6)
                number = complex(*heads[token, head, [pair, pair + 3]].tolist()) * cmath.exp(1j * angle)
                got = turned[token, head, [pair, pair + 3]].tolist()
                assert got == pytest.approx([number.real, number.imag], abs=2e-3 if token == 3 else 1e-5)
    assert torch.equal(turned[..., 6:], heads[..., 6:].float())


def test_products_of_turned_heads_depend_on_distance_alone() -> None:
    turned = one_regime(Rotary(size=8), [3, 10, 103, 110])
    torch.testing.assert_close(turned[0, 0] @ turned[1, 0], turned[2, 0] @ turned[3, 0], rtol=0, atol=1e-4)


def test_long_rope_chooses_factors_and_scale_for_each_token() -> None:
    long = LongRope(32, (1.0, 1.0, 2.0), (1.5, 4.0, 16.0), short_scale=1.25, long_scale=1.5)
    rotary = Rotary(size=6, theta=10_000.0, long=long)
    found = turns(rotary, torch.tensor([5, 5]), torch.tensor([False, True]))
    for row, (factors, scale) in enumerate([(long.short_factors, 1.25), (long.long_factors, 1.5)]):
        for pair, factor in enumerate(factors):
            angle = 5 / (factor * 10_000.0 ** (2 * pair / 6))
            assert found.cosines[row, pair].item() == pytest.approx(scale * math.cos(angle), abs=1e-6)
            assert found.sines[row, pair].item() == pytest.approx(scale * math.sin(angle), abs=1e-6)


@pytest.mark.parametrize(
    ("size", "factors", "said"),
    [(5, 2, "5 rotary dimensions"), (6, 2, "2 short factors of LongRoPE for 6 rotary dimensions")],
)
def test_numbers_that_do_not_fit_are_refused(size: int, factors: int, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Rotary(size=size, long=LongRope(32, (1.0,) * factors, (1.0,) * 3))
