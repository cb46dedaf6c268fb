"""Flat segmentations: a distribution over the ways to lay labelled spans that do not overlap over a sentence."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from syntagma.structures.kernels import dispatch, segment_derivatives
from syntagma.structures.kernels.segment_derivatives import SegmentSweep
from syntagma.structures.kernels.segment_lattice import SegmentLattice
from syntagma.structures.label_checks import (
    check_count,
    check_temperature,
    checked_lengths,
    result_precision,
    working_precision,
)
from syntagma.structures.parts import SpanParts
from syntagma.structures.segment_scores import (
    check_segment_shapes,
    checked_segments,
    expected_segments_score,
    segments_score,
)
from syntagma.structures.structure import Structure


class BestSegments(NamedTuple):
    """The best segmentations and their scores; with one more dimension, `[batch, k, ...]`, of the k best."""

    sizes: Tensor
    """`[batch, words]`: how many words the span has that begins here, else 0; -1 where padded or there is none."""
    labels: Tensor
    """`[batch, words]`: the label of the span that begins here, else -1."""
    scores: Tensor
    """`[batch]`; -inf where there is none."""

    @property
    def outputs(self) -> Tensor:
        """Sizes and labels, `[batch, words, 2]`."""
        return torch.stack([self.sizes, self.labels], -1)


class Segments(Structure[SpanParts]):
    """A batch of distributions over flat segmentations: labelled spans that do not overlap, and uncovered words.

        score(y) = sum over spans of spans[first, words - 1, label] + sum over uncovered words of outside[word]
                   + sum over neighbouring segments of transitions[label, next label]

    With all widths it is what a span scorer's flat output is (structural knowledge distillation, arXiv 2010.05010,
    case 4); with a limited width and transitions it is a semi-Markov conditional random field. Forbid a span with a
    score of -inf. Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    One output is `[words, 2]`: the size of the span that begins at each word, or 0, and its label, or -1.

    Args:
        spans: `[batch, words, width, labels]`: a span that begins at this word and is 1 + (the third index) words long
            has this label. What is in padding, or passes the row's end, is not read.
        outside: `[batch, words]`, score of an uncovered word; None for 0. With -inf, a word must be covered.
        transitions: `[labels + 1, labels + 1]` (from, to), of segments that touch, an uncovered word being a segment
            with the last label; None where neighbours do not know each other.
        lengths: `[batch]`, integers from 1 to words; None where all are full.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row without any possible segmentation, or with
            a NaN or +inf among its scores, naming the row.
    """

    parts: ClassVar = SpanParts

    def __init__(
        self,
        spans: Tensor,
        outside: Tensor | None = None,
        transitions: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> None:
        check_segment_shapes(spans, outside, transitions)
        self.spans, self.outside, self.transitions = spans, outside, transitions
        self.lengths = checked_lengths(lengths, spans)
        self.dtype = result_precision(spans, outside, transitions)

    def detach(self) -> Segments:
        """The same distribution, into which no gradient flows: a teacher."""
        return Segments(*self._detached.scores, self.lengths)

    def tempered(self, temperature: float) -> Segments:
        """The segmentations whose scores are these, divided by the temperature."""
        check_temperature(temperature)
        parts = (self.spans, self.outside, self.transitions)
        spans, outside, transitions = (None if scores is None else scores / temperature for scores in parts)
        assert spans is not None
        return Segments(spans, outside, transitions, self.lengths)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""
        return self._log_partition().to(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of segmentations `[batch, words, 2]` or `[batch, n, words, 2]`, as `[batch]` or `[batch, n]`.

        What is in padding is not read, nor a label where no span begins.

        Raises:
            StructureError: a span that overlaps another, passes the row's end, or is wider than all scores; a label
                that is not one of 0 to labels - 1.
        """
        return self._score(outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of segmentations, shapes as `score`; -inf for one that is forbidden."""
        score, log_z = self._score(outputs), self._log_partition()
        return (score - (log_z if score.dim() == 1 else log_z.unsqueeze(1))).to(self.dtype)

    def marginals(self) -> SpanParts:
        """Probability of every span and of every word's being uncovered; mean number of each two neighbours."""
        spans, outside, transitions = self.expected_parts()
        spans, outside = spans.to(self.dtype), outside.to(self.dtype)
        return SpanParts(spans, outside, None if transitions is None else transitions.to(self.dtype))

    def expected_parts(self) -> SpanParts:
        """The marginals in float64, before they are rounded."""
        found = segment_derivatives.marginals(self._lattice(), self._sweep) if self._records else self._sweep.marginals
        return SpanParts(found.spans, found.outside, None if found.pairs is None else found.pairs.sum(1))

    def argmax(self) -> BestSegments:
        """The most probable segmentation of each row.

        Of equals, from the left, the one with the lowest label (an uncovered word's is the highest), then the shortest.
        """
        sizes, labels, scores = self._kernel.best(self._detached)
        best = BestSegments(sizes, labels, scores.to(self.dtype))
        return best._replace(scores=self.score(best.outputs)) if self._records else best

    def topk(self, k: int) -> BestSegments:
        """The k most probable segmentations, `[batch, k, words]`, best first, none twice.

        Where a row has fewer than k, the missing ones have sizes and labels -1 and score -inf.

        Raises:
            StructureError: k is below 1.
        """
        check_count("k", k)
        sizes, labels, scores = self._kernel.k_best(self._detached, k)
        best = BestSegments(sizes, labels, scores.to(self.dtype))
        if not self._records:
            return best
        found = self.score(best.outputs.clamp(min=0))
        return best._replace(scores=found.where(scores > -torch.inf, -torch.inf))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent segmentations of each row, `[batch, n, words, 2]`, -1 in padding; exact.

        Raises:
            StructureError: n is below 1.
        """
        check_count("n", n)
        return torch.stack(self._kernel.sample(self._detached, self._sweep.suffixes, n, generator), -1)

    def expected_log_prob(self, parts: SpanParts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`.

        -inf where `parts` gives weight to something forbidden. Without transitions here, those of `parts` count
        nothing.

        Raises:
            StructureError: parts of other shapes, or without transitions where there are some here.
        """
        score = expected_segments_score(self._lattice(), parts, working_precision(self.spans))
        return (score - self._log_partition()).to(self.dtype)

    @property
    def _records(self) -> bool:
        learns = any(part is not None and part.requires_grad for part in (self.spans, self.outside, self.transitions))
        return learns and torch.is_grad_enabled()

    def _lattice(self) -> SegmentLattice:
        if not self._records:
            return self._detached
        return SegmentLattice(self.spans, self.outside, self.transitions, self._detached.lengths)

    @cached_property
    def _detached(self) -> SegmentLattice:
        batch, words = self.spans.shape[:2]
        full = torch.full((batch,), words, device=self.spans.device)
        lengths = full if self.lengths is None else self.lengths
        return SegmentLattice(self.spans, self.outside, self.transitions, lengths).detach()

    @property
    def _kernel(self) -> dispatch.SegmentKernel:
        return dispatch.segments(self._detached, learns=self._records)

    @cached_property
    def _sweep(self) -> SegmentSweep:
        return SegmentSweep(self._detached, self._kernel)

    def _log_partition(self) -> Tensor:
        if not self._records:
            return self._sweep.suffixes.log_weight
        return segment_derivatives.log_partition(self._lattice(), self._sweep)

    def _score(self, outputs: Tensor) -> Tensor:
        lattice = self._lattice()
        score = segments_score(lattice, *checked_segments(lattice, outputs), working_precision(self.spans))
        return score.view(outputs.shape[:-2])
