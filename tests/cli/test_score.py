"""score: perplexity of a text, answers to questions, formats of weights side by side."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from syntagma.language_models.opening import language_model

from .conftest import Run

TEXT = "The cat sat on the mat, and the dog sat on the cat.\nIt's 12345 o'clock; isn't it?\n" * 3


@pytest.fixture
def text(tmp_path: Path) -> str:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    return str(tmp_path / "a.txt")


@pytest.fixture
def questions(tmp_path: Path) -> str:
    lines = [
        {"context": "The cat", "choices": [" sat", " the mat and the dog"], "answer": 0},
        {"context": "It's", "choices": [" 12345", " o'clock", " it?"], "answer": 1},
        {"context": "the dog", "choices": [" sat on", " mat"], "answer": 1},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return str(tmp_path / "q.jsonl")


def results(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)["results"]
    return found


def test_perplexity_is_that_of_the_model(run: Run, small_model: str, text: str) -> None:
    (found,) = results(run("score", small_model, text, "--json", "--window", "399").out)
    (scored,) = language_model(small_model).score([TEXT])
    total = scored.log_probability
    assert found["model"] == small_model
    assert (found["weights"], found["tokens"]) == ("fp32", len(scored.tokens))
    assert (found["words"], found["characters"]) == (len(TEXT.split()), len(TEXT))
    assert found["log_probability"] == pytest.approx(total, rel=1e-4)
    assert found["perplexity"] == pytest.approx(math.exp(-total / len(scored.tokens)), rel=1e-3)
    assert found["word_perplexity"] == pytest.approx(math.exp(-total / len(TEXT.split())), rel=1e-2)
    assert found["bits_per_character"] == pytest.approx(-total / math.log(2) / len(TEXT), rel=1e-4)


def test_windows_and_strides_reach_the_measurement(run: Run, small_model: str, text: str) -> None:
    def bits(*options: str) -> float:
        (found,) = results(run("score", small_model, text, "--json", *options).out)
        assert found["tokens"] == len(language_model(small_model).tokens(TEXT)) - 1
        return float(found["bits_per_character"])

    assert len({bits("--window", "20"), bits("--window", "20", "--stride", "5"), bits("--window", "300")}) == 3
    assert bits("--window", "20", "--stride", "10") == bits("--window", "20")


def test_formats_of_weights_are_compared_in_one_table(run: Run, small_model: str, text: str) -> None:
    result = run("score", small_model, text, "--weights", "fp32", "--weights", "bf16")
    assert result.code == 0, result.err
    head, first, second, *notes = result.out.splitlines()
    assert head.split() == ["weights", "perplexity", "by", "words", "bits/character", "change"]
    assert first.split()[0] == "fp32"
    assert not first.rstrip().endswith("%")
    assert second.split()[0] == "bf16"
    assert second.rstrip().endswith("%")
    assert small_model in "".join(notes)
    assert f"{len(TEXT):,} characters of" in " ".join(notes)


def test_the_comparison_is_that_of_the_perplexities(run: Run, small_model: str, text: str) -> None:
    formats = ("--weights", "fp32", "--weights", "bf16")
    fp32, bf16 = results(run("score", small_model, text, *formats, "--json").out)
    shown = run("score", small_model, text, *formats).out.splitlines()[2].split()[-1]
    assert shown == f"{bf16['perplexity'] / fp32['perplexity'] - 1:+.2%}"
    assert fp32["reason"] == "as asked for"


def test_one_format_is_not_compared_and_its_reason_is_told(run: Run, small_model: str, text: str) -> None:
    out = run("score", small_model, text).out
    assert "change" not in out
    assert "fp32: the files have" in out


def test_questions_are_answered(run: Run, small_model: str, questions: str) -> None:
    (found,) = results(run("score", small_model, questions, "--json").out)
    model = language_model(small_model)
    for name, by_length in (("chosen", False), ("chosen_by_length", True)):
        right = 0
        for line, chosen in zip(Path(questions).read_text(encoding="utf-8").splitlines(), found[name], strict=True):
            question = json.loads(line)
            shares = []
            for choice in question["choices"]:
                scored = model.score([question["context"] + choice, question["context"]])
                share = scored[0].log_probability - scored[1].log_probability
                shares.append(share / len(choice) if by_length else share)
            assert chosen == shares.index(max(shares))
            right += chosen == question["answer"]
        accuracy = "accuracy_by_length" if by_length else "accuracy"
        assert found[accuracy] == pytest.approx(right / 3)
        assert found[f"{accuracy}_error"] == pytest.approx(math.sqrt(right / 3 * (1 - right / 3) / 3))


def test_questions_of_several_formats(run: Run, small_model: str, questions: str) -> None:
    result = run("score", small_model, questions, "--weights", "fp32", "--weights", "bf16")
    assert result.code == 0, result.err
    head, first, second, *notes = result.out.splitlines()
    assert "same answers" in head
    assert "±" in first
    assert second.rstrip().endswith("of 3")
    assert "3 questions of" in " ".join(notes)


def test_a_text_without_spaces_has_no_perplexity_a_word(run: Run, small_model: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("世界" * 150, encoding="utf-8")
    (found,) = results(run("score", small_model, tmp_path / "a.txt", "--json").out)
    assert found["words"] == 1
    assert found["word_perplexity"] is None
    assert " - " in run("score", small_model, tmp_path / "a.txt").out.splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.txt", "--weights", "int3"], "--weights: 'int3' is none of fp32, bf16, int8, int4"),
        (
            ["a.txt", "--window", "10", "--stride", "10"],
            "--stride 10 leaves nothing before the tokens of a window",
        ),
        (["a.txt", "--window", "1000", "--stride", "900"], "--stride 900 for a model that reads 400 tokens"),
        (["nope.txt"], "nope.txt: no such file"),
        (["nope.jsonl"], "nope.jsonl: cannot be read"),
        (["empty.txt"], "empty.txt: a text of 0 tokens"),
        (["long.jsonl"], "long.jsonl, question 2: 4"),
        (["empty.jsonl"], "empty.jsonl: there is no question in it"),
        (["a.txt", "--format", "jsonl"], "a.txt:1: no JSON"),
    ],
)
def test_score_explains(
    run: Run,
    small_model: str,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = [{"context": context, "choices": ["b", "c"], "answer": 1} for context in ("a", "zq" * 250)]
    Path("long.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    for name in ("empty.txt", "empty.jsonl"):
        Path(name).write_text("", encoding="utf-8")
    result = run("score", small_model, *arguments)
    assert result.code == 2
    assert said in result.err
    assert result.out == ""
