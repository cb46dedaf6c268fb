"""The three findings of the paper, asked of a study's own results.

Wang et al. 2020, "More Embeddings, Better Sequence Labelers?", arXiv 2009.08330:

1. more encoders help, above all with much data;
2. with very few data, contextual sub-word encoders beside contextual character ones hurt;
3. a further contextual encoder of a kind that is there already adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from syntagma.learning.studies.effect import Effect
from syntagma.learning.studies.record import sentences
from syntagma.learning.studies.results import Results
from syntagma.learning.studies.stack import Addition, additions

Verdict = Literal["reproduces", "same direction, not significant", "does not reproduce", "cannot be told"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one addition changes at one size."""

    addition: str
    size: str
    effect: Effect

    def __str__(self) -> str:
        return f"{self.addition} at {sentences(self.size)}: {self.effect}"


@dataclass(frozen=True, slots=True)
class AtSize:
    """What all additions of a finding change together at one size."""

    size: str
    effect: Effect
    spread: float
    """By how much scores differ between seeds alone."""

    def __str__(self) -> str:
        return f"at {sentences(self.size)}: {self.effect} (seeds alone: ± {self.spread:.2f})"


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim of the paper, what was measured of it here, and whether it holds."""

    claim: str
    rule: str
    """What the verdict goes by."""
    verdict: Verdict
    sizes: list[AtSize]
    comparisons: list[Comparison]


@dataclass(frozen=True, slots=True)
class _Claim:
    words: str
    rule: str
    concerns: Callable[[Addition], bool]
    decisive: int
    """The size that the verdict goes by, as an index into the ascending sizes."""
    judge: Callable[[AtSize], Verdict]


def findings(results: Results) -> list[Finding]:
    """The three findings, in their order."""
    every = list(additions(results.stacks))
    return [_finding(claim, [one for one in every if claim.concerns(one)], results) for claim in _claims()]


def _finding(claim: _Claim, concerned: Sequence[Addition], results: Results) -> Finding:
    sizes = list(_at_sizes(concerned, results))
    comparisons = [
        Comparison(str(addition), size, effect)
        for size in results.sizes
        for addition in concerned
        if (effect := results.effect([addition], size)) is not None
    ]
    verdict: Verdict = claim.judge(sizes[claim.decisive]) if sizes else "cannot be told"
    return Finding(claim.words, claim.rule, verdict, sizes, comparisons)


def _at_sizes(concerned: Sequence[Addition], results: Results) -> Iterator[AtSize]:
    for size in results.sizes:
        effect = results.effect(concerned, size)
        if effect is not None:
            yield AtSize(size, effect, results.spread(concerned, size))


def _claims() -> Iterator[_Claim]:
    yield _Claim(
        "Adding an encoder helps",
        "the effect of all additions but those of point 3, at the largest size, is above 0 with p at most 0.05",
        lambda addition: not addition.is_similar,
        -1,
        lambda found: _by_sign(found.effect, 1),
    )
    yield _Claim(
        "With few data, adding a contextual sub-word encoder to a contextual character one hurts",
        "the effect at the smallest size is below 0 with p at most 0.05",
        lambda addition: addition.joins_subwords_to_characters,
        0,
        lambda found: _by_sign(found.effect, -1),
    )
    yield _Claim(
        "Adding a second contextual encoder of the same kind adds nothing",
        "the effect at the largest size is within what seeds alone make",
        lambda addition: addition.is_similar,
        -1,
        lambda found: "reproduces" if abs(found.effect.mean) <= found.spread else "does not reproduce",
    )


def _by_sign(effect: Effect, sign: int) -> Verdict:
    if sign * effect.mean <= 0:
        return "does not reproduce"
    return "reproduces" if effect.is_significant else "same direction, not significant"
