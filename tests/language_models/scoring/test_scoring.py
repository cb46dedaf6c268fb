"""Scores of given text: against the formulas, whatever is read together."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings, strategies as st

from syntagma.errors import DataError, SyntagmaError
from syntagma.language_models.scoring import (
    Perplexity,
    Question,
    answer_each,
    log_probabilities,
    perplexity,
    read_questions,
    remembered,
)
from syntagma.language_models.scoring.perplexity import windows

from ..random_decoders import PHI3, random_decoder, random_tokens
from ..reference_decoder import reference_logits

DECODER = random_decoder(PHI3)


def expected_scores(tokens: list[int]) -> torch.Tensor:
    """By the formulas, token by token."""
    shares = reference_logits(DECODER, tokens).log_softmax(-1)
    return torch.stack([shares[place, token] for place, token in enumerate(tokens[1:])]).float()


class Letters:
    """Ids are places in the alphabet."""

    def encode(self, text: str) -> list[int]:
        return [ord(letter) - ord("a") for letter in text]


def test_scores_equal_the_formulas_for_sequences_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syntagma.language_models.scoring.likelihood.AT_ONCE", 16)
    sequences = [random_tokens(PHI3, length, seed=length) for length in (9, 2, 40, 33, 20)]
    for tokens, found in zip(sequences, log_probabilities(DECODER, sequences), strict=True):
        torch.testing.assert_close(found, expected_scores(tokens), rtol=0, atol=1e-3)


def test_a_single_token_has_nothing_to_predict() -> None:
    assert [len(found) for found in log_probabilities(DECODER, [[5], [5, 6]])] == [0, 1]


@pytest.mark.parametrize("length", [12, 31, 40])
def test_what_comes_after_a_remembered_beginning(length: int) -> None:
    tokens = random_tokens(PHI3, length)
    after = remembered(DECODER, tokens[:10])
    (found,) = log_probabilities(DECODER, [tokens], after=after)
    torch.testing.assert_close(found, expected_scores(tokens)[10:], rtol=0, atol=1e-3)
    assert after.length == 10


def test_too_much_is_refused() -> None:
    with pytest.raises(SyntagmaError, match="200 tokens to score for a model that reads 128"):
        log_probabilities(DECODER, [[1] * 200])


@given(st.integers(2, 60), st.integers(2, 20), st.integers(1, 20))
def test_windows_predict_every_token_once(length: int, window: int, stride: int) -> None:
    predicted: list[int] = []
    for start, end, new in windows(length, window, min(stride, window - 1)):
        assert end - start <= window
        assert new < end - start
        predicted += range(end - new, end)
    assert predicted == list(range(1, length))


@given(st.integers(2, 40))
@settings(max_examples=5)
def test_perplexity_of_a_text_that_fits_into_one_window(length: int) -> None:
    tokens = random_tokens(PHI3, length)
    text = "two words"
    found = perplexity(DECODER, tokens, text, window=64)
    total = float(expected_scores(tokens).sum())
    assert found.tokens == length - 1
    assert found.log_probability == pytest.approx(total, abs=1e-2)
    assert found.of_tokens == pytest.approx(math.exp(-total / (length - 1)), rel=1e-2)
    assert found.of_words == pytest.approx(math.exp(-total / 2), rel=1e-2)
    assert found.bits_per_character == pytest.approx(-total / math.log(2) / 9, rel=1e-2)


def test_a_text_that_is_one_long_word_has_an_infinite_perplexity_a_word() -> None:
    assert Perplexity(tokens=900, characters=3000, words=1, log_probability=-2000.0).of_words == math.inf


def test_a_text_of_one_token_has_no_perplexity() -> None:
    with pytest.raises(DataError, match="a text of 1 tokens"):
        perplexity(DECODER, [4], "a")


def test_answers_are_the_likeliest_continuations() -> None:
    question = Question(context="abc", choices=("de", "x", "fghij"), answer=1)
    (answer,) = answer_each(DECODER, Letters(), [question])
    totals = [float(expected_scores(Letters().encode("abc" + choice))[2:].sum()) for choice in question.choices]
    assert answer.scores == pytest.approx(totals, abs=1e-2)
    assert answer.chosen == totals.index(max(totals))
    by_length = [total / len(choice) for total, choice in zip(totals, question.choices, strict=True)]
    assert answer.chosen_by_length == by_length.index(max(by_length))


def test_a_context_may_be_empty_with_an_opening_token_or_without() -> None:
    question = Question(context="", choices=("de", "fg"), answer=0)
    (opened,) = answer_each(DECODER, Letters(), [question], opening=[30])
    assert opened.scores[0] == pytest.approx(float(expected_scores([30, 3, 4]).sum()), abs=1e-2)
    (bare,) = answer_each(DECODER, Letters(), [question])
    assert bare.scores[0] == pytest.approx(float(expected_scores([3, 4]).sum()), abs=1e-2)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        (json.dumps({"context": "a", "choices": ["b"], "answer": 0}), "choices"),
        (json.dumps({"context": "a", "choices": ["b", "c"], "answer": 2}), "answer 2 of 2 choices"),
        (json.dumps({"context": "a", "choices": ["b", ""], "answer": 0}), "a choice is empty"),
        (json.dumps({"context": "a", "choices": ["b", "c"]}), "answer: Field required"),
    ],
)
def test_lines_that_are_no_questions_are_told_with_their_number(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    good = json.dumps({"context": "a", "choices": ["b", "c"], "answer": 1})
    path.write_text(f"{good}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"questions.jsonl:3: .*{said}"):
        list(read_questions(path))
