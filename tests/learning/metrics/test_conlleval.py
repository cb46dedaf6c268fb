"""Span scores against conlleval: its counting loop, written here from the script's rules, is the oracle.

The loop walks over gold and guessed tags together and never builds a span, so it shares nothing with what it checks.
When this was written, oracle and scorer gave the numbers of the Perl script's own loop on 500 random files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, strategies as st

from syntagma.errors import LabelError
from syntagma.learning.metrics import SpanScorer

Tag = tuple[str, str]
Counts = tuple[Counter[str], Counter[str], Counter[str]]
Sentences = list[tuple[list[str], list[str]]]


def ends(before: Tag, tag: Tag) -> bool:
    """Whether a chunk ends between two tags (`endOfChunk`)."""
    pairs = {("B", "B"), ("B", "O"), ("I", "B"), ("I", "O"), ("E", "E"), ("E", "I"), ("E", "O")}
    return (before[0], tag[0]) in pairs or (before[0] != "O" and before[1] != tag[1])


def starts(before: Tag, tag: Tag) -> bool:
    """Whether a chunk begins between two tags (`startOfChunk`)."""
    pairs = {("B", "B"), ("I", "B"), ("O", "B"), ("O", "I"), ("E", "E"), ("E", "I"), ("O", "E")}
    return (before[0], tag[0]) in pairs or (tag[0] != "O" and before[1] != tag[1])


def conlleval(sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Counts:
    """Chunks per type: correct, guessed, gold."""
    correct: Counter[str] = Counter()
    guessed: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    inside = False
    last_gold = last_guess = ("O", "")
    for right, guess in _with_boundaries(sentences):
        gold_ends, guess_ends = ends(last_gold, right), ends(last_guess, guess)
        if inside and gold_ends and guess_ends and last_gold[1] == last_guess[1]:
            inside = False
            correct[last_gold[1]] += 1
        elif inside and (gold_ends != guess_ends or right[1] != guess[1]):
            inside = False
        gold_starts, guess_starts = starts(last_gold, right), starts(last_guess, guess)
        if gold_starts and guess_starts and right[1] == guess[1]:
            inside = True
        gold.update([right[1]] if gold_starts else [])
        guessed.update([guess[1]] if guess_starts else [])
        last_gold, last_guess = right, guess
    return correct, guessed, gold


def _with_boundaries(sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Iterable[tuple[Tag, Tag]]:
    for gold, guess in sentences:
        for right, wrong in zip(gold, guess, strict=True):
            yield _tag(right), _tag(wrong)
        yield ("O", ""), ("O", "")


def _tag(text: str) -> Tag:
    prefix, _, label = text.partition("-")
    return prefix, label


TAGS = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-creative-work", "I-creative-work"])
SENTENCES = st.lists(
    st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=8).map(
        lambda pairs: ([g for g, _ in pairs], [p for _, p in pairs])
    ),
    max_size=5,
)


@given(SENTENCES)
def test_any_iob_tags_give_the_counts_of_conlleval(sentences: Sentences) -> None:
    scorer = SpanScorer()
    for gold, guess in sentences:
        scorer.add_tags(gold, guess)
    correct, guessed, gold_counts = conlleval(sentences)
    scores = scorer.result()
    assert {name: score.correct for name, score in scores.per_type.items()} == {
        name: correct[name] for name in gold_counts.keys() | guessed.keys()
    }
    assert {name: score.predicted for name, score in scores.per_type.items() if score.predicted} == guessed
    assert {name: score.support for name, score in scores.per_type.items() if score.support} == gold_counts


def test_a_file_worked_by_hand() -> None:
    """The Perl script prints: found 6 phrases; correct: 2; precision 33.33%; recall 33.33%; FB1 33.33."""
    gold = ["B-PER I-PER O B-LOC O", "I-ORG I-ORG O B-ORG I-ORG", "B-LOC B-LOC O"]
    guess = ["B-PER I-PER O I-LOC O", "I-ORG B-ORG O B-ORG O", "B-LOC I-LOC O"]
    scorer = SpanScorer()
    for right, wrong in zip(gold, guess, strict=True):
        scorer.add_tags(right.split(), wrong.split())
    scores = scorer.result()
    assert (scores.micro.correct, scores.micro.predicted, scores.micro.support) == (2, 6, 6)
    assert scores.micro.f1 == pytest.approx(1 / 3)
    counts = {name: (score.correct, score.predicted, score.support) for name, score in scores.per_type.items()}
    assert counts == {"LOC": (1, 2, 3), "ORG": (0, 3, 2), "PER": (1, 1, 1)}


def test_lengths_and_tags_are_checked() -> None:
    with pytest.raises(LabelError, match="gold annotation has 1 labels and the predicted one 2"):
        SpanScorer().add_tags(["O"], ["O", "O"])
    with pytest.raises(LabelError, match="position 1: tag 'PER' has no known prefix"):
        SpanScorer().add_tags(["O", "PER"], ["O", "O"])
