"""Which tag may follow which in a label scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from syntagma.text.label_tags import OUTSIDE, parse_tag


class Transitions(NamedTuple):
    """What a scheme allows (True): first label `[K]`, label to next label `[K from, K to]`, last label `[K]`."""

    start: NDArray[np.bool_]
    pairs: NDArray[np.bool_]
    end: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TagGrammar:
    """The order of tags in a scheme, said with sets of prefixes.

    A tag of `followers` comes only right after a tag of `leaders` with its own type; a tag of `open` is followed only
    by a tag of `followers` with its own type. The sentence's edges count as `O`.
    """

    followers: str
    leaders: str
    open: str

    def lacks_leader(self, tag: str, following: str) -> bool:
        """True if `following` may not come after `tag` because nothing of its type is under way there."""
        (prefix, label), (next_prefix, next_label) = parse_tag(tag), parse_tag(following)
        return next_prefix in self.followers and not (prefix in self.leaders and label == next_label)

    def lacks_follower(self, tag: str, following: str) -> bool:
        """True if `following` may not come after `tag` because `tag` needs its chunk to go on."""
        (prefix, label), (next_prefix, next_label) = parse_tag(tag), parse_tag(following)
        return prefix in self.open and not (next_prefix in self.followers and label == next_label)

    def allows(self, tag: str, following: str) -> bool:
        """True if `following` may come right after `tag`."""
        return not self.lacks_leader(tag, following) and not self.lacks_follower(tag, following)

    def transitions(self, labels: Sequence[str]) -> Transitions:
        """Every pair of `labels`, as boolean arrays in their order."""
        return Transitions(
            np.array([self.allows(OUTSIDE, label) for label in labels], dtype=np.bool_),
            np.array([[self.allows(one, other) for other in labels] for one in labels], dtype=np.bool_).reshape(
                len(labels), len(labels)
            ),
            np.array([self.allows(label, OUTSIDE) for label in labels], dtype=np.bool_),
        )
