"""The record of a search: which combinations were tried, what they scored, what was believed, what it cost; as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import fmean, median

from syntagma.learning.search.controller import Combination
from syntagma.learning.search.episode import Episode, best_of

REACH = 2
"""How many episodes before and after one it is compared with."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoder that could be chosen, and what it costs."""

    name: str
    kind: str
    width: int
    parameters: int
    cached: bool
    """Whether its vectors were kept on disk; then what follows is known."""
    words: int = 0
    """Words whose vectors are in the cache, this search's and others'."""
    bytes: int = 0
    """What they take there."""
    seconds: float = 0.0
    """How long it took to compute them."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """A search that has ended; everything about a candidate is in the order of `candidates`."""

    name: str
    strategy: str
    candidates: list[Candidate]
    episodes: list[Episode]
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def best(self) -> Episode:
        """The episode whose weights and combination the model has."""
        best = best_of(self.episodes)
        assert best is not None
        return best

    @property
    def chosen(self) -> list[str]:
        """The names of the candidates that the model keeps."""
        return self.names(self.best.combination)

    def names(self, combination: Combination) -> list[str]:
        """The names of the candidates in a combination."""
        return [one.name for one, kept in zip(self.candidates, combination, strict=True) if kept]

    @property
    def relative(self) -> list[float | None]:
        """Each episode's score minus the median of as many episodes before as after it, at most 2; None at both ends.

        Weights go on learning from episode to episode, so that scores rise whatever the combination. Against its
        neighbours in time an episode gains nothing from that, as far as the rise is even.
        """
        scores = [episode.score for episode in self.episodes]
        found: list[float | None] = []
        for at, score in enumerate(scores):
            reach = min(REACH, at, len(scores) - 1 - at)
            around = scores[at - reach : at] + scores[at + 1 : at + 1 + reach]
            found.append(score - median(around) if around else None)
        return found

    @property
    def combinations(self) -> list[tuple[Combination, float, int]]:
        """Each combination that was tried with its highest score and how often it was, the best first."""
        scores: dict[Combination, list[float]] = {}
        for episode in self.episodes:
            scores.setdefault(episode.combination, []).append(episode.score)
        return sorted(((c, max(found), len(found)) for c, found in scores.items()), key=lambda one: -one[1])

    def relative_of(self, combination: Combination) -> float | None:
        """The mean relative score of its episodes; None if it was tried at an end only."""
        found = [
            value
            for episode, value in zip(self.episodes, self.relative, strict=True)
            if episode.combination == combination and value is not None
        ]
        return fmean(found) if found else None

    def gain(self, candidate: int) -> float | None:
        """Mean relative score of the episodes with this candidate minus that of those without; None if one lacks."""
        sides: dict[bool, list[float]] = {True: [], False: []}
        for episode, value in zip(self.episodes, self.relative, strict=True):
            if value is not None:
                sides[episode.combination[candidate]].append(value)
        return fmean(sides[True]) - fmean(sides[False]) if sides[True] and sides[False] else None

    def to_json(self) -> str:
        """All of it as one indented JSON object."""
        summary = {
            "chosen": self.chosen,
            "score": self.best.score,
            "relative": self.relative,
            "gains": {one.name: self.gain(at) for at, one in enumerate(self.candidates)},
            "combinations": [
                {
                    "candidates": self.names(combination),
                    "score": score,
                    "relative": self.relative_of(combination),
                    "episodes": count,
                }
                for combination, score, count in self.combinations
            ],
        }
        return json.dumps(summary | asdict(self), indent=2) + "\n"
