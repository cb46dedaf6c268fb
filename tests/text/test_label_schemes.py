"""Label schemes: spelling, leniency, validation messages, transitions and span patterns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from syntagma.errors import LabelError
from syntagma.text.document import TokenSpan
from syntagma.text.label_patterns import SpanPattern
from syntagma.text.label_schemes import LabelScheme

SPANS = [TokenSpan(0, 1, "PER"), TokenSpan(1, 3, "PER"), TokenSpan(3, 6, "creative-work")]
SPELLED = {
    LabelScheme.IO: "I-PER I-PER I-PER I-creative-work I-creative-work I-creative-work O",
    LabelScheme.IOB1: "I-PER B-PER I-PER I-creative-work I-creative-work I-creative-work O",
    LabelScheme.IOB2: "B-PER B-PER I-PER B-creative-work I-creative-work I-creative-work O",
    LabelScheme.BIOES: "S-PER B-PER E-PER B-creative-work I-creative-work E-creative-work O",
    LabelScheme.BILOU: "U-PER B-PER L-PER B-creative-work I-creative-work L-creative-work O",
}


@pytest.mark.parametrize("scheme", LabelScheme)
def test_encode_spells_each_scheme(scheme: LabelScheme) -> None:
    assert scheme.encode(list(reversed(SPANS)), 7) == SPELLED[scheme].split()


@pytest.mark.parametrize("scheme", [scheme for scheme in LabelScheme if scheme is not LabelScheme.IO])
def test_decode_gives_the_spans_back(scheme: LabelScheme) -> None:
    assert scheme.decode(SPELLED[scheme].split()) == SPANS


def test_io_joins_neighbours_of_one_type() -> None:
    assert LabelScheme.IO.decode(SPELLED[LabelScheme.IO].split()) == [
        TokenSpan(0, 3, "PER"),
        TokenSpan(3, 6, "creative-work"),
    ]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("", []),
        ("O O", []),
        ("O I-A I-A", [(1, 3, "A")]),
        ("B-A I-B I-B", [(0, 1, "A"), (1, 3, "B")]),
        ("I-A B-A", [(0, 1, "A"), (1, 2, "A")]),
        ("E-A E-A", [(0, 1, "A"), (1, 2, "A")]),
        ("B-A E-A I-A", [(0, 2, "A"), (2, 3, "A")]),
        ("S-A I-A E-A", [(0, 1, "A"), (1, 3, "A")]),
        ("I-A S-A L-A", [(0, 1, "A"), (1, 2, "A"), (2, 3, "A")]),
        ("U-A U-A B-A I-A", [(0, 1, "A"), (1, 2, "A"), (2, 4, "A")]),
        ("B-A O I-A", [(0, 1, "A"), (2, 3, "A")]),
    ],
)
def test_decode_is_as_lenient_as_conlleval(tags: str, spans: list[tuple[int, int, str]]) -> None:
    assert LabelScheme.BIOES.decode(tags.split()) == [TokenSpan(*span) for span in spans]


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(LabelScheme, 2)))
def test_convert(source: LabelScheme, target: LabelScheme) -> None:
    spans = SPANS[1:]  # no neighbours of one type, which IO cannot keep apart
    assert source.convert(source.encode(spans, 7), target) == target.encode(spans, 7)


@pytest.mark.parametrize("scheme", LabelScheme)
def test_validate_accepts_what_encode_writes(scheme: LabelScheme) -> None:
    scheme.validate(scheme.encode(SPANS, 8))
    scheme.validate([])


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        (
            "iob2",
            "O I-A",
            "1: tag 'I-A' in scheme iob2 was expected after 'B-A' or 'I-A', but 'O' comes before",
        ),
        ("iob2", "I-A", "position 0: tag 'I-A' in scheme iob2 was expected after 'B-A' or 'I-A', but it comes first"),
        (
            "iob1",
            "I-B B-A",
            "1: tag 'B-A' in scheme iob1 was expected after 'B-A' or 'I-A', but 'I-B' comes before",
        ),
        (
            "bioes",
            "B-A O",
            "0: tag 'B-A' in scheme bioes was expected followed by 'I-A' or 'E-A', but 'O' follows",
        ),
        (
            "bilou",
            "O B-A",
            "1: tag 'B-A' in scheme bilou was expected followed by 'I-A' or 'L-A', but the tags end",
        ),
        ("io", "O B-A", "position 1: tag 'B-A' is not of the scheme io, expected 'O' or 'I-TYPE'"),
        ("bilou", "S-A", "position 0: tag 'S-A' is not of the scheme bilou"),
        ("iob2", "B-A I", "position 1: tag 'I' is not of the scheme iob2, expected 'O' or 'B-TYPE' or 'I-TYPE'"),
    ],
)
def test_validate_says_where_and_what(scheme: str, tags: str, message: str) -> None:
    with pytest.raises(LabelError) as error:
        LabelScheme(scheme).validate(tags.split())
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["O", "X-PER"], "position 1: tag 'X-PER' has no known prefix"),
        (["PER"], "position 0: tag 'PER' has no known prefix"),
        ([""], "position 0: tag '' has no known prefix"),
        (["B-"], "position 0: tag 'B-' has no type. Write it as 'B-TYPE'"),
        (["O-PER"], "has no known prefix"),
    ],
)
def test_decode_refuses_what_is_no_tag(tags: list[str], message: str) -> None:
    with pytest.raises(LabelError) as error:
        LabelScheme.IOB2.decode(tags)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([TokenSpan(0, 2, "A"), TokenSpan(1, 3, "B")], "span 1:3 (B) overlaps 0:2 (A)"),
        ([TokenSpan(2, 5, "A")], "span 2:5 (A) is empty or lies outside the sentence's 4 tokens"),
        ([TokenSpan(1, 1, "A")], "is empty or lies outside"),
        ([TokenSpan(-1, 1, "A")], "is empty or lies outside"),
    ],
)
def test_encode_refuses_impossible_spans(spans: list[TokenSpan], message: str) -> None:
    with pytest.raises(LabelError) as error:
        LabelScheme.BIOES.encode(spans, 4)
    assert message in str(error.value)


def test_names_in_any_case() -> None:
    assert LabelScheme("BIO") is LabelScheme("IOB2") is LabelScheme.IOB2
    with pytest.raises(ValueError, match="xyz"):
        LabelScheme("xyz")


def test_labels_keep_the_order_of_types() -> None:
    assert LabelScheme.IOB2.labels(["B", "A"]) == ["O", "B-B", "I-B", "B-A", "I-A"]
    assert LabelScheme.BILOU.labels(["A"]) == ["O", "B-A", "I-A", "L-A", "U-A"]


@pytest.mark.parametrize("scheme", LabelScheme)
def test_transitions_allow_exactly_what_validate_accepts(scheme: LabelScheme) -> None:
    labels = scheme.labels(["A", "B"])
    start, pairs, end = scheme.transitions(labels)
    assert start.shape == end.shape == (len(labels),)
    assert pairs.shape == (len(labels),) * 2
    for length in (1, 2, 3):
        for path in itertools.product(range(len(labels)), repeat=length):
            allowed = start[path[0]] and end[path[-1]] and all(pairs[a, b] for a, b in itertools.pairwise(path))
            assert bool(allowed) == _is_valid(scheme, [labels[index] for index in path])


def test_transitions_of_no_labels() -> None:
    start, pairs, end = LabelScheme.IOB2.transitions([])
    assert start.shape == end.shape == (0,)
    assert pairs.shape == (0, 0)
    assert pairs.dtype == np.bool_


@pytest.mark.parametrize("scheme", LabelScheme)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_patterns_pick_exactly_the_sequences_that_hold_the_span(scheme: LabelScheme, length: int) -> None:
    labels = scheme.labels(["A", "B"])
    spans = [TokenSpan(i, j, t) for i in range(length) for j in range(i + 1, length + 1) for t in "AB"]
    patterns = {span: scheme.patterns(span, labels) for span in spans}
    for tags in itertools.product(labels, repeat=length):
        if not _is_valid(scheme, tags):
            continue
        held = scheme.decode(tags)
        for span in spans:
            assert sum(_matches(pattern, span, tags) for pattern in patterns[span]) == (span in held)


@pytest.mark.parametrize("scheme", LabelScheme)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_lenient_patterns_pick_exactly_the_sequences_that_are_read_as_the_span(
    scheme: LabelScheme, length: int
) -> None:
    """Also those that the scheme forbids."""
    labels = scheme.labels(["A", "B"])
    spans = [TokenSpan(i, j, t) for i in range(length) for j in range(i + 1, length + 1) for t in "AB"]
    patterns = {span: scheme.lenient_patterns(span, labels) for span in spans}
    for tags in itertools.product(labels, repeat=length):
        held = scheme.decode(tags)
        for span in spans:
            assert sum(_matches(pattern, span, tags) for pattern in patterns[span]) == (span in held)


def test_patterns_of_an_unknown_type() -> None:
    with pytest.raises(LabelError, match=r"the labels have none for type 'LOC'. They are: O, B-PER, I-PER"):
        LabelScheme.IOB2.patterns(TokenSpan(0, 1, "LOC"), ["O", "B-PER", "I-PER"])


def _is_valid(scheme: LabelScheme, tags: tuple[str, ...] | list[str]) -> bool:
    try:
        scheme.validate(tags)
    except LabelError:
        return False
    return True


def _matches(pattern: SpanPattern, span: TokenSpan, tags: tuple[str, ...]) -> bool:
    before = span.first == 0 or pattern.before is None or tags[span.first - 1] in pattern.before
    after = span.stop == len(tags) or pattern.after is None or tags[span.stop] in pattern.after
    return before and after and tags[span.first : span.stop] == pattern.inside
