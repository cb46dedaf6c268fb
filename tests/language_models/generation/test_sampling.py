"""Choosing tokens: each option against its definition."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, strategies as st

from syntagma.errors import SyntagmaError
from syntagma.language_models.generation.sampling import Sampling, cut, draw, penalized

LOGITS = torch.tensor([2.0, 1.0, 0.5, -1.0, -3.0])
finite = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=30)


def kept(logits: torch.Tensor, **options: float) -> list[int]:
    """Tokens that the cuts leave."""
    left = cut(logits, Sampling(temperature=1.0, **options))  # type: ignore[arg-type]
    return (left > -torch.inf).nonzero().flatten().tolist()


def test_temperature_divides() -> None:
    torch.testing.assert_close(cut(LOGITS, Sampling(temperature=2.0)), LOGITS / 2)


@given(finite, st.integers(1, 30))
def test_top_k_keeps_the_likeliest(logits: list[float], k: int) -> None:
    scores = torch.tensor(logits)
    least = sorted(logits, reverse=True)[min(k, len(logits)) - 1]
    assert kept(scores, top_k=k) == [place for place, score in enumerate(scores.tolist()) if score >= least]


@given(finite, st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_that_reach_it(logits: list[float], p: float) -> None:
    scores = torch.tensor(logits)
    shares = scores.softmax(0)
    left = kept(scores, top_p=p)
    assert shares[left].sum() >= p - 1e-5
    if len(left) > 1:
        assert shares[left].sum() - shares[left].min() < p + 1e-5
    assert int(scores.argmax()) in left


@given(finite, st.floats(0.01, 1))
def test_min_p_keeps_a_share_of_the_best(logits: list[float], p: float) -> None:
    shares = torch.tensor(logits).softmax(0)
    expected = [place for place, share in enumerate(shares) if not share < p * shares.max()]
    assert kept(torch.tensor(logits), min_p=p) == expected


def test_cuts_follow_one_another() -> None:
    assert kept(LOGITS, top_k=3, top_p=0.7) == [0, 1]
    assert kept(LOGITS, top_k=2, min_p=0.9) == [0]


def test_repetition_penalty_lowers_what_was_seen_whatever_its_sign() -> None:
    found = penalized(LOGITS, Sampling(repetition_penalty=2.0), Counter([0, 0]), Counter([3]))
    assert found.tolist() == [1.0, 1.0, 0.5, -2.0, -3.0]


def test_frequency_and_presence_count_what_was_generated() -> None:
    sampling = Sampling(frequency_penalty=0.5, presence_penalty=0.25)
    found = penalized(LOGITS, sampling, Counter([4, 4]), Counter([1, 1, 2]))
    assert found.tolist() == [2.0, 1.0 - 1.25, 0.5 - 0.75, -1.0, -3.0]
    assert LOGITS.tolist() == [2.0, 1.0, 0.5, -1.0, -3.0]


def test_greedy_takes_the_likeliest() -> None:
    assert draw(LOGITS, Sampling(), torch.Generator()) == 0
    assert draw(LOGITS, Sampling(temperature=9.0, top_k=1), torch.Generator()) == 0


def test_draws_follow_the_distribution() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = Counter(draw(LOGITS, Sampling(temperature=1.0), generator) for _ in range(4000))
    shares = LOGITS.softmax(0)
    for token, share in enumerate(shares.tolist()):
        assert drawn[token] / 4000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    "options", [{"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"min_p": 1.5}, {"repetition_penalty": 0.0}]
)
def test_values_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(SyntagmaError, match=next(iter(options))):
        Sampling(**options)  # type: ignore[arg-type]
