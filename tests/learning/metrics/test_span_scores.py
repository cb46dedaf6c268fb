"""Span scores against counts worked out by hand."""

from __future__ import annotations

import pytest

from syntagma.learning.metrics import Score, SpanScorer
from syntagma.text.document import Span, TokenSpan


def test_a_case_worked_by_hand() -> None:
    scorer = SpanScorer()
    scorer.add(
        [TokenSpan(0, 2, "PER"), TokenSpan(3, 4, "LOC"), TokenSpan(5, 7, "ORG")],
        [TokenSpan(0, 2, "PER"), TokenSpan(3, 4, "ORG"), TokenSpan(5, 6, "ORG"), TokenSpan(8, 9, "PER")],
    )
    scorer.add([TokenSpan(0, 1, "LOC")], [TokenSpan(0, 1, "LOC")])
    scores = scorer.result()
    assert scores.micro == Score(precision=2 / 5, recall=2 / 4, f1=4 / 9, support=4, predicted=5, correct=2)
    assert list(scores.per_type) == ["LOC", "ORG", "PER"]
    assert scores.per_type["PER"] == Score(0.5, 1.0, 2 / 3, support=1, predicted=2, correct=1)
    assert scores.per_type["LOC"] == Score(1.0, 0.5, 2 / 3, support=2, predicted=1, correct=1)
    assert scores.per_type["ORG"] == Score(0.0, 0.0, 0.0, support=1, predicted=2, correct=0)
    assert scores.macro.f1 == pytest.approx(4 / 9)
    assert (scores.macro.precision, scores.macro.recall) == (0.5, 0.5)


def test_nothing_added_gives_zeros() -> None:
    scores = SpanScorer().result()
    zero = Score(0.0, 0.0, 0.0, support=0, predicted=0, correct=0)
    assert (scores.micro, scores.macro, scores.per_type) == (zero, zero, {})


def test_sentences_are_kept_apart() -> None:
    scorer = SpanScorer()
    scorer.add([TokenSpan(0, 1, "PER")], [])
    scorer.add([], [TokenSpan(0, 1, "PER")])
    assert scorer.result().micro.correct == 0


def test_confidence_plays_no_part_and_doubles_count_once() -> None:
    scorer = SpanScorer()
    scorer.add([TokenSpan(0, 1, "PER")], [TokenSpan(0, 1, "PER", 0.4), TokenSpan(0, 1, "PER", 0.5)])
    assert scorer.result().micro == Score(1.0, 1.0, 1.0, support=1, predicted=1, correct=1)


def test_documents_are_compared_by_characters() -> None:
    scorer = SpanScorer()
    scorer.add([Span(0, 4, "Rome", "LOC"), Span(9, 12, "Bob", "PER")], [Span(0, 4, "Rome", "LOC", 0.9)])
    assert scorer.result().micro == Score(1.0, 0.5, 2 / 3, support=2, predicted=1, correct=1)
