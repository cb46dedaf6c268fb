"""The engine: what a sequence becomes does not depend on who is beside it, nor on how it is read."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings, strategies as st

from syntagma.errors import SyntagmaError
from syntagma.language_models.decoder import Decoder
from syntagma.language_models.generation import Engine, Request, Sampling, Step

from ..random_decoders import EVERY, PHI3, WINDOWED, random_decoder, random_tokens
from ..reference_decoder import reference_logits

DRAWN = Sampling(temperature=1.5, top_k=50, repetition_penalty=1.1, seed=7)


def continuations(engine: Engine, requests: list[Request]) -> dict[tuple[int, int], list[Step]]:
    """All that comes of these requests, by number and sample."""
    numbers = [engine.submit(request) for request in requests]
    found: dict[tuple[int, int], list[Step]] = {}
    for step in engine.run():
        found.setdefault((step.request - numbers[0], step.sample), []).append(step)
    assert not engine.busy
    return found


def tokens_of(engine: Engine, requests: list[Request]) -> list[list[int]]:
    """Tokens of one sample each, in the order of the requests."""
    found = continuations(engine, requests)
    return [[step.token for step in found[number, 0]] for number in range(len(requests))]


def greedy_by_formulas(decoder: Decoder, prompt: list[int], count: int) -> list[int]:
    """The likeliest tokens, everything computed anew for each by the reference."""
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(int(reference_logits(decoder, tokens)[-1].argmax()))
    return tokens[len(prompt) :]


@pytest.mark.parametrize("name", EVERY)
def test_greedy_tokens_equal_those_of_the_formulas(name: str) -> None:
    decoder = random_decoder(EVERY[name])
    prompt = random_tokens(EVERY[name], 5)
    found = tokens_of(Engine(decoder), [Request(tuple(prompt), max_tokens=6)])
    assert found == [greedy_by_formulas(decoder, prompt, 6)]


@pytest.mark.parametrize("prompt_length", [27, 31, 32, 33])
def test_generation_across_the_switch_equals_uncached_computation(prompt_length: int) -> None:
    decoder, prompt = random_decoder(PHI3), random_tokens(PHI3, prompt_length)
    found = tokens_of(Engine(decoder, piece=10), [Request(tuple(prompt), max_tokens=7)])
    assert found == [greedy_by_formulas(decoder, prompt, 7)]


def test_a_row_that_crosses_the_switch_leaves_its_mates_alone() -> None:
    decoder = random_decoder(PHI3)
    crossing = Request(tuple(random_tokens(PHI3, 28)), max_tokens=12)
    staying = Request(tuple(random_tokens(PHI3, 4, seed=1)), max_tokens=12)
    together = continuations(Engine(decoder), [crossing, staying])
    for number, request in enumerate([crossing, staying]):
        alone = continuations(Engine(decoder), [request])[0, 0]
        assert [step.token for step in together[number, 0]] == [step.token for step in alone]
        assert [step.log_probability for step in together[number, 0]] == pytest.approx(
            [step.log_probability for step in alone], abs=1e-4
        )


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 12)), min_size=1, max_size=7), st.integers(1, 4))
@settings(max_examples=15)
def test_company_order_and_rows_change_nothing(sizes: list[tuple[int, int]], rows: int) -> None:
    decoder = random_decoder(PHI3)
    requests = [
        Request(tuple(random_tokens(PHI3, prompt, seed=number)), DRAWN, max_tokens=count)
        for number, (prompt, count) in enumerate(sizes)
    ]
    together = tokens_of(Engine(decoder, rows=rows, piece=16), requests)
    assert together == [tokens_of(Engine(decoder), [request])[0] for request in requests]
    assert [len(tokens) for tokens in together] == [count for _, count in sizes]


@pytest.mark.parametrize("piece", [1, 3, 512])
def test_a_ring_and_pieces_of_the_prompt_change_nothing(piece: int) -> None:
    decoder = random_decoder(WINDOWED)
    request = Request(tuple(random_tokens(WINDOWED, 21)), max_tokens=15)
    expected = tokens_of(Engine(decoder, cache="growing"), [request])
    assert tokens_of(Engine(decoder, cache="ring", piece=piece), [request]) == expected


def test_log_probabilities_are_those_of_the_model() -> None:
    decoder, prompt = random_decoder(PHI3), random_tokens(PHI3, 6)
    steps = continuations(Engine(decoder), [Request(tuple(prompt), DRAWN, max_tokens=5)])[0, 0]
    tokens = prompt + [step.token for step in steps]
    shares = reference_logits(decoder, tokens).log_softmax(-1)
    expected = [shares[place, tokens[place + 1]].item() for place in range(5, 10)]
    assert [step.log_probability for step in steps] == pytest.approx(expected, abs=1e-3)


def test_samples_share_the_prompt_and_differ() -> None:
    decoder = random_decoder(PHI3)
    request = Request(tuple(random_tokens(PHI3, 6)), replace(DRAWN, temperature=3.0, top_k=0), 8, samples=4)
    engine = Engine(decoder)
    found = continuations(engine, [request])
    assert sorted(found) == [(0, sample) for sample in range(4)]
    drawn = {tuple(step.token for step in steps) for steps in found.values()}
    assert len(drawn) == 4
    again = continuations(Engine(decoder), [Request((5,), max_tokens=3), request])
    assert {tuple(step.token for step in again[1, sample]) for sample in range(4)} == drawn


def test_a_sample_is_drawn_as_if_its_seed_were_its_own() -> None:
    decoder, prompt = random_decoder(PHI3), tuple(random_tokens(PHI3, 6))
    samples = continuations(Engine(decoder), [Request(prompt, DRAWN, 6, samples=3)])
    alone = tokens_of(Engine(decoder), [Request(prompt, replace(DRAWN, seed=9), 6)])[0]
    assert [step.token for step in samples[0, 2]] == alone


def test_endings() -> None:
    decoder, prompt = random_decoder(PHI3), tuple(random_tokens(PHI3, 5))
    free = tokens_of(Engine(decoder), [Request(prompt, max_tokens=8)])[0]
    first_time = free.index(free[4])
    stopped = continuations(Engine(decoder), [Request(prompt, max_tokens=8, stop_tokens=frozenset({free[4]}))])[0, 0]
    assert [step.token for step in stopped] == free[: first_time + 1]
    assert [step.ending for step in stopped] == [None] * first_time + ["stop"]
    long = tuple(random_tokens(PHI3, PHI3.max_positions - 2))
    steps = continuations(Engine(decoder), [Request(long, max_tokens=8)])[0, 0]
    assert [step.ending for step in steps] == [None, "window"]


def test_a_cancelled_request_leaves_the_others_as_they_are() -> None:
    decoder = random_decoder(PHI3)
    requests = [Request(tuple(random_tokens(PHI3, 5, seed=seed)), max_tokens=10) for seed in range(3)]
    expected = tokens_of(Engine(decoder), requests)
    engine = Engine(decoder, rows=2)
    numbers = [engine.submit(request) for request in requests]
    found: dict[int, list[int]] = {number: [] for number in numbers}
    for step in engine.run():
        found[step.request].append(step.token)
        if len(found[0]) == 3:
            engine.cancel(0)
    assert found[0] == expected[0][:3]
    assert [found[1], found[2]] == expected[1:]


def test_given_vectors_are_read_instead_of_the_table_also_after_the_switch() -> None:
    decoder = random_decoder(PHI3)
    prompt = random_tokens(PHI3, 30)
    other = [*prompt[:3], *random_tokens(PHI3, 4, seed=5), *prompt[7:]]
    vectors = decoder.embed(torch.tensor(other))
    expected = tokens_of(Engine(decoder), [Request(tuple(other), max_tokens=8)])
    assert tokens_of(Engine(decoder), [Request(tuple(prompt), max_tokens=8, vectors=vectors)]) == expected


def test_dummy_tokens_are_never_drawn() -> None:
    config = EVERY["phi3small"]
    flat = Sampling(temperature=1e6, seed=1)
    requests = [Request((1, 2), replace(flat, seed=seed), max_tokens=30) for seed in range(10)]
    drawn = {token for tokens in tokens_of(Engine(random_decoder(config)), requests) for token in tokens}
    assert len(drawn) > 70
    assert not drawn & set(config.dummy_tokens)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (tuple(range(90)) + tuple(range(40)), "a prompt of 130 tokens for a model that reads 128 in all"),
        ((3, 97), "token id 97 in a prompt"),
    ],
)
def test_prompts_that_cannot_be_read_are_refused(tokens: tuple[int, ...], said: str) -> None:
    with pytest.raises(SyntagmaError, match=said):
        Engine(random_decoder(PHI3)).submit(Request(tokens))


@pytest.mark.parametrize("options", [{"tokens": ()}, {"tokens": (1,), "max_tokens": 0}, {"tokens": (1,), "samples": 0}])
def test_requests_for_nothing_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(SyntagmaError):
        Request(**options)  # type: ignore[arg-type]
