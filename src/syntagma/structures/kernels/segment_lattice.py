"""A segment lattice: the scores of a batch of flat segmentations as they were given, and what a sweep over it finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from syntagma.errors import StructureError


@dataclass(frozen=True)
class SegmentLattice:
    """What every kernel for segmentations reads: raw scores, batch first, of any floating-point type.

    A segmentation cuts a row into segments: labelled spans, and uncovered words, which are segments of one word with a
    label of their own, the last. It scores the sum over its segments and over every two neighbouring ones. What is in
    padding, or in a span that passes the row's end, may be anything and is never read.
    """

    spans: Tensor
    """`[batch, words, width, labels]`: begins at this word and is 1 + (the third index) words long."""
    outside: Tensor | None
    """`[batch, words]`, of an uncovered word; None for 0."""
    transitions: Tensor | None
    """`[labels + 1, labels + 1]` (from, to); None for 0."""
    lengths: Tensor
    """`[batch]`, int64, each from 1 to words."""

    @property
    def scores(self) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Of spans, of uncovered words and of neighbours."""
        return self.spans, self.outside, self.transitions

    @property
    def work(self) -> int:
        """Elementary steps of one sweep over it, an exponential counting as ten."""
        return self.spans.numel() * 10

    def detach(self) -> SegmentLattice:
        """The same scores without their history."""
        outside, transitions = (None if part is None else part.detach() for part in self.scores[1:])
        return SegmentLattice(self.spans.detach(), outside, transitions, self.lengths)

    @cached_property
    def own(self) -> Tensor:
        """`[batch, words]` bool, true inside each row's own length."""
        return torch.arange(self.spans.shape[1], device=self.spans.device) < self.lengths.unsqueeze(1)

    @cached_property
    def inside(self) -> Tensor:
        """`[batch, words, width]` bool, true for spans that end inside the row."""
        _, words, width, _ = self.spans.shape
        places = torch.arange(words + width, device=self.spans.device)
        return places[1:].unfold(0, width, 1)[:words] <= self.lengths.view(-1, 1, 1)


class SegmentMarginals(NamedTuple):
    """Probabilities of the parts of a segmentation, in float64."""

    spans: Tensor
    """`[batch, words, width, labels]`, 0 where a span passes the end."""
    outside: Tensor
    """`[batch, words]`, 0 in padding."""
    pairs: Tensor | None
    """`[batch, words - 1, labels + 1, labels + 1]`: a segment of the first label ends at a word, and one of the second
    begins at the next. None where the lattice has no transitions."""


def reject_unusable_segments(lattice: SegmentLattice, log_weight: Tensor) -> None:
    """Raise for the first row whose `log_weight [batch]`, of its best segmentation or of all, is not finite.

    Raises:
        StructureError: names the row and says whether it holds a NaN, a +inf, or no segmentation at all.
    """
    finite = log_weight.isfinite()
    if bool(finite.all()):
        return
    row = int((~finite).nonzero()[0])
    own, inside = lattice.own[row], lattice.inside[row]
    outside = None if lattice.outside is None else lattice.outside[row, own]
    parts = {"spans": lattice.spans[row, inside], "outside": outside, "transitions": lattice.transitions}
    for name, part in parts.items():
        if part is not None and bool((part.isnan() | (part == torch.inf)).any()):
            found = "NaN" if bool(part.isnan().any()) else "+inf"
            raise StructureError(f"row {row} has {found} among its {name} scores", fix="Scores may be finite or -inf")
    raise StructureError(
        f"row {row} has no possible output: every segmentation of its {int(own.sum())} words meets a score of -inf",
        fix="Look at the spans that its words may be in, or let words be uncovered",
    )
