"""Confusion matrices against counts worked out by hand, and against the span scores."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import LabelError
from syntagma.learning.metrics import NO_SPAN, ConfusionMatrix, SpanConfusion, SpanScorer
from syntagma.text.document import TokenSpan

SPANS = st.lists(
    st.builds(
        lambda first, length, label: TokenSpan(first, first + length, label),
        st.integers(0, 3),
        st.integers(1, 2),
        st.sampled_from(["LOC", "ORG", "PER"]),
    ),
    max_size=6,
)


def test_tags_keep_the_given_order_and_append_unknown_ones() -> None:
    matrix = ConfusionMatrix(["VERB", "NOUN"])
    matrix.add(["NOUN", "NOUN", "VERB"], ["NOUN", "VERB", "ADJ"])
    confusion = matrix.result()
    assert confusion.labels == ["VERB", "NOUN", "ADJ"]
    assert confusion.counts == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_tags_of_different_lengths_are_an_error() -> None:
    with pytest.raises(LabelError, match="has 1 labels and the predicted one 0"):
        ConfusionMatrix().add(["X"], [])


def test_spans_pair_by_their_ends() -> None:
    matrix = SpanConfusion(["PER", "LOC"])
    matrix.add(
        [TokenSpan(0, 2, "PER"), TokenSpan(3, 4, "LOC"), TokenSpan(5, 7, "LOC")],
        [TokenSpan(0, 2, "PER"), TokenSpan(3, 4, "PER"), TokenSpan(5, 6, "LOC")],
    )
    confusion = matrix.result()
    assert confusion.labels == ["PER", "LOC", NO_SPAN]
    assert confusion.counts == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_two_types_on_the_same_words_pair_their_equals_first() -> None:
    matrix = SpanConfusion()
    matrix.add([TokenSpan(0, 1, "A"), TokenSpan(0, 1, "B")], [TokenSpan(0, 1, "B")])
    assert matrix.result().labels == ["A", "B", NO_SPAN]
    assert matrix.result().counts == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_nothing_added() -> None:
    assert ConfusionMatrix().result().counts == []
    assert SpanConfusion(["PER"]).result().counts == [[0, 0], [0, 0]]


@given(st.lists(st.tuples(SPANS, SPANS), max_size=4))
def test_diagonal_rows_and_columns_are_the_span_scores(
    sentences: list[tuple[list[TokenSpan], list[TokenSpan]]],
) -> None:
    scorer, matrix = SpanScorer(), SpanConfusion()
    for gold, predicted in sentences:
        scorer.add(gold, predicted)
        matrix.add(gold, predicted)
    confusion = matrix.result()
    for number, label in enumerate(confusion.labels[:-1]):
        score = scorer.result().per_type[label]
        assert confusion.counts[number][number] == score.correct
        assert sum(confusion.counts[number]) == score.support
        assert sum(row[number] for row in confusion.counts) == score.predicted
