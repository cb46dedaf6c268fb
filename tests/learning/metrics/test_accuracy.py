"""Tag accuracy against counts worked out by hand."""

from __future__ import annotations

import pytest

from syntagma.errors import LabelError
from syntagma.learning.metrics import Score, TagScorer


def test_a_case_worked_by_hand() -> None:
    scorer = TagScorer()
    scorer.add(["NOUN", "VERB", "NOUN"], ["NOUN", "NOUN", "NOUN"])
    scorer.add(["ADJ"], ["ADJ"])
    scores = scorer.result()
    assert (scores.accuracy, scores.correct, scores.total) == (0.75, 3, 4)
    assert scores.per_label["NOUN"] == Score(2 / 3, 1.0, 0.8, support=2, predicted=3, correct=2)
    assert scores.per_label["VERB"] == Score(0.0, 0.0, 0.0, support=1, predicted=0, correct=0)
    assert scores.macro.f1 == pytest.approx((0.8 + 0.0 + 1.0) / 3)


def test_nothing_added_gives_zeros() -> None:
    scores = TagScorer().result()
    assert (scores.accuracy, scores.total, scores.per_label) == (0.0, 0, {})


def test_different_lengths_are_an_error_that_says_both() -> None:
    with pytest.raises(LabelError, match="gold annotation has 2 labels and the predicted one 1"):
        TagScorer().add(["X", "Y"], ["X"])
