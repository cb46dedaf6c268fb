"""Span scores against seqeval, in its default mode and in its strict mode with every scheme that it knows."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings, strategies as st

from syntagma.errors import LabelError
from syntagma.learning.metrics import Score, SpanScorer, strict_spans
from syntagma.text.document import TokenSpan
from syntagma.text.label_schemes import LabelScheme

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what its own dependencies deprecate is not ours to mend
    seqeval = pytest.importorskip("seqeval.metrics.sequence_labeling", reason="seqeval is a development dependency")
    from seqeval.metrics.v1 import precision_recall_fscore_support as strict_scores
    from seqeval.scheme import BILOU, IOB1, IOB2, IOBES

TYPES = ["LOC", "PER", "creative-work"]
SCHEMES = {LabelScheme.IOB1: IOB1, LabelScheme.IOB2: IOB2, LabelScheme.BIOES: IOBES, LabelScheme.BILOU: BILOU}
Sentences = list[tuple[list[str], list[str]]]


def sentences(scheme: LabelScheme) -> st.SearchStrategy[Sentences]:
    """Any tags of a scheme in any order, with guesses that often agree with the gold ones."""
    tags = st.sampled_from(scheme.labels(TYPES))
    token = st.one_of(st.tuples(tags, tags), tags.map(lambda tag: (tag, tag)))
    sentence = st.lists(token, min_size=1, max_size=8)
    return st.lists(sentence.map(lambda pairs: ([g for g, _ in pairs], [p for _, p in pairs])), min_size=1, max_size=4)


def check(found: Score, expected: tuple[float, float, float, int]) -> None:
    """Compare one average or type with seqeval's four numbers."""
    assert (found.precision, found.recall, found.f1, found.support) == pytest.approx(expected)


@pytest.mark.parametrize("scheme", [LabelScheme.IOB1, LabelScheme.BIOES], ids=str)
@settings(max_examples=60)
@given(data=st.data())
def test_default_mode(scheme: LabelScheme, data: st.DataObject) -> None:
    drawn = data.draw(sentences(scheme))
    scorer = SpanScorer()
    for gold, guess in drawn:
        scorer.add_tags(gold, guess)
    compare(
        scorer,
        lambda average: seqeval.precision_recall_fscore_support(
            [gold for gold, _ in drawn], [guess for _, guess in drawn], average=average, zero_division=0
        ),
    )


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@settings(max_examples=60)
@given(data=st.data())
def test_strict_mode(scheme: LabelScheme, data: st.DataObject) -> None:
    drawn = data.draw(sentences(scheme))
    scorer = SpanScorer()
    for gold, guess in drawn:
        scorer.add_tags(gold, guess, strict=scheme)
    compare(
        scorer,
        lambda average: strict_scores(
            [gold for gold, _ in drawn],
            [guess for _, guess in drawn],
            average=average,
            zero_division=0,
            scheme=SCHEMES[scheme],
        ),
    )


def compare(scorer: SpanScorer, oracle: object) -> None:
    """Micro, macro and every type."""
    scores = scorer.result()
    each = list(zip(*oracle(None), strict=True))  # type: ignore[operator]
    assert len(each) == len(scores.per_type)
    for found, expected in zip(scores.per_type.values(), each, strict=True):
        check(found, expected)
    check(scores.micro, oracle("micro"))  # type: ignore[operator]
    if each:  # seqeval's macro average over no types divides by zero
        check(scores.macro, oracle("macro"))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("scheme", "tags", "spans"),
    [
        (LabelScheme.IOB2, "I-PER I-PER O B-LOC", [TokenSpan(3, 4, "LOC")]),
        (LabelScheme.BIOES, "B-PER I-PER O S-LOC", [TokenSpan(3, 4, "LOC")]),
        (LabelScheme.BILOU, "B-PER L-PER L-PER U-LOC", [TokenSpan(0, 2, "PER"), TokenSpan(3, 4, "LOC")]),
        (
            LabelScheme.IOB1,
            "I-PER B-PER O B-LOC I-LOC",
            [TokenSpan(0, 1, "PER"), TokenSpan(1, 2, "PER"), TokenSpan(4, 5, "LOC")],
        ),
        (LabelScheme.IO, "I-PER I-PER I-LOC", [TokenSpan(0, 2, "PER"), TokenSpan(2, 3, "LOC")]),
    ],
)
def test_strict_spans(scheme: LabelScheme, tags: str, spans: list[TokenSpan]) -> None:
    assert strict_spans(tags.split(), scheme) == spans


def test_a_tag_of_another_scheme_is_named_with_its_position() -> None:
    with pytest.raises(LabelError, match="position 1: tag 'E-PER' is not of the scheme iob2"):
        strict_spans(["B-PER", "E-PER"], LabelScheme.IOB2)
    with pytest.raises(LabelError, match="position 0: tag 'PER' has no known prefix"):
        strict_spans(["PER"], LabelScheme.IOB2)
