"""Graphs of arcs: every arc is there or not by itself, as in semantic graphs and enhanced dependencies."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.arc_scores import ArcScores, reject_odd_scores
from syntagma.structures.heads_check import checked_parts
from syntagma.structures.kernels.reference.independent import k_best_choices
from syntagma.structures.label_checks import check_count, result_precision
from syntagma.structures.parts import ArcParts
from syntagma.structures.relation_scores import RelationScores
from syntagma.structures.structure import Structure


class BestGraphs(NamedTuple):
    """The best graphs and their scores."""

    graphs: Tensor
    """`[batch, words, 1 + words]`, of the k best `[batch, k, words, 1 + words]`: whether the arc to a word from a head
    is there, bool; with relations the relation it has, -1 for none."""
    scores: Tensor
    """`[batch]`; of the k best `[batch, k]`, -inf where there is none (and its graph is empty)."""

    @property
    def outputs(self) -> Tensor:
        """The graphs."""
        return self.graphs


class ArcGraph(Structure[ArcParts]):
    """A batch of distributions over graphs in which every arc is there or not, independently.

        score(y) = sum over arcs of y of arcs[word, head] + relations[word, head, relation]

    So an arc is there with probability sigmoid(arcs), with relations sigmoid(arcs + logsumexp of its relations), and
    has a relation by softmax(relations) then. (Semantic dependency parsing, arXiv 1807.01396.)

    Outputs are bool `[batch, words, 1 + words]`, word i (from 0) having a head 0, the root, or j, the j-th word; with
    relations they are integers, the arc's relation or -1 where it is not there. Forbid an arc with a score of -inf.
    Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    Args:
        arcs: `[batch, words, 1 + words]`; what is in padding, or leads from a word to itself, is not read.
        lengths: `[batch]`, integers from 1 to words; None where all are full.
        relations: `[batch, words, 1 + words, relations]`, scores of the arcs' labels; None for arcs without.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row with a NaN or +inf among its scores.
    """

    parts: ClassVar = ArcParts

    def __init__(
        self, arcs: Tensor, lengths: Tensor | None = None, relations: Tensor | RelationScores | None = None
    ) -> None:
        self.arc_scores = ArcScores.checked(arcs, relations, lengths)
        self.lengths = self.arc_scores.lengths
        self.dtype = result_precision(arcs, relations if isinstance(relations, Tensor) else None)

    def detach(self) -> Self:
        """The same distribution, into which no gradient flows: a teacher."""
        twin = copy(self)
        twin.arc_scores = self.arc_scores.detach()
        return twin

    def tempered(self, temperature: float) -> ArcGraph:
        """The graphs whose scores are these, divided by the temperature."""
        scores = self.arc_scores.tempered(temperature)
        return ArcGraph(scores.arcs, scores.lengths, scores.labels)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`: the sum of `log(1 + exp(score))` over arcs."""
        return self._log_partition().to(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of graphs `[batch, words, 1 + words]` or `[batch, n, words, 1 + words]`, as `[batch]` or `[batch, n]`.

        What they say of padding is not read; -inf where one has a forbidden arc or a word's arc to itself.

        Raises:
            StructureError: another shape, a type that is not bool (integer with relations), a relation out of range.
        """
        return self._score(outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of graphs, shapes as `score`; -inf for one that is forbidden."""
        score, log_z = self._score(outputs), self._log_partition()
        return (score - log_z.view(-1, *[1] * (score.dim() - 1))).to(self.dtype)

    def marginals(self) -> ArcParts:
        """Probability of every arc, and of every arc with each relation; 0 where there can be none."""
        arcs, relations = self.expected_parts()
        return ArcParts(arcs.to(self.dtype), None if relations is None else relations.to(self.dtype))

    def expected_parts(self) -> ArcParts:
        """The marginals in float64, before they are rounded."""
        scores, none = self._finite()
        arcs = scores.sigmoid().masked_fill(none, 0.0)
        if self.arc_scores.relations is None:
            return ArcParts(arcs)
        return ArcParts(arcs, arcs.unsqueeze(-1) * self.arc_scores.relation_probabilities())

    def argmax(self) -> BestGraphs:
        """The graph of all arcs whose best relation scores above 0; of equal relations the first."""
        with torch.no_grad():
            self._check()
            graphs = self.arc_scores.highest() > 0
            if self.arc_scores.relations is not None:
                graphs = self.arc_scores.relations.argmax(-1).masked_fill(~graphs, -1)
        return BestGraphs(graphs, self.score(graphs))

    @torch.no_grad()
    def topk(self, k: int) -> BestGraphs:
        """The k most probable graphs, best first, none twice; where a row has fewer, empty ones of score -inf.

        Raises:
            StructureError: k is below 1.
        """
        check_count("k", k)
        self._check()
        batch, words, heads = self.arc_scores.arcs.shape
        arcs = self.arc_scores.exact_arcs().unsqueeze(-1)
        if self.arc_scores.relations is not None:
            arcs = (arcs + self.arc_scores.relations.to(arcs.dtype)).where(arcs > -torch.inf, -torch.inf)
        choices = torch.cat([torch.zeros_like(arcs[..., :1]), arcs], -1).flatten(1, 2)
        there = (~self.arc_scores.missing).expand(batch, -1, -1).flatten(1)
        chosen, scores = k_best_choices(choices, there, k)
        chosen = (chosen - 1).clamp(min=-1).view(batch, k, words, heads)
        return BestGraphs(chosen >= 0 if self.arc_scores.relations is None else chosen, scores.to(self.dtype))

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent graphs of each row, `[batch, n, words, 1 + words]`; exact.

        Raises:
            StructureError: n is below 1.
        """
        check_count("n", n)
        scores, none = self._finite()
        chances = scores.sigmoid().masked_fill(none, 0.0).unsqueeze(1).expand(-1, n, -1, -1)
        graphs = torch.rand(chances.shape, dtype=chances.dtype, device=chances.device, generator=generator) < chances
        if self.arc_scores.relations is None:
            return graphs
        row, _, word, head = graphs.nonzero(as_tuple=True)
        logits = self.arc_scores.relations[row, word, head].to(chances.dtype)
        # the argmax of p / q, q exponential, is a draw from p; a forbidden relation stays at log 0 = -inf
        drawn = (logits - torch.empty_like(logits).exponential_(generator=generator).log_()).argmax(-1)
        return drawn.new_full(graphs.shape, -1).masked_scatter_(graphs, drawn)

    def expected_log_prob(self, parts: ArcParts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`; -inf where `parts` gives weight to something forbidden.

        Raises:
            StructureError: parts of other shapes, or without relations where this structure has them, or the reverse.
        """
        checked_parts(parts, self.arc_scores)
        return (self.arc_scores.expectation(parts.arcs, parts.relations) - self._log_partition()).to(self.dtype)

    def _log_partition(self) -> Tensor:
        scores, none = self._finite()
        return torch.logaddexp(scores, scores.new_zeros(())).masked_fill(none, 0.0).sum((1, 2))

    def _finite(self) -> tuple[Tensor, Tensor]:
        """Log-odds of arcs, 0 where there can be none, and where that is; so that every derivative is a number."""
        self._check()
        scores = self.arc_scores.summed()
        none = scores.detach() == -torch.inf
        return scores.masked_fill(none, 0.0), none

    def _check(self) -> None:
        if not self._checked:
            reject_odd_scores(self.arc_scores.summed().detach())

    @cached_property
    def _checked(self) -> bool:
        return bool((self.arc_scores.summed().detach().amax((1, 2)) < torch.inf).all())

    def _score(self, outputs: Tensor) -> Tensor:
        """`[batch]` or `[batch, n]`, in the precision of the work."""
        scores = self.arc_scores
        self._check_graphs(outputs)
        several = outputs if outputs.dim() == 4 else outputs.unsqueeze(1)
        valid = scores.valid.unsqueeze(2) & torch.cat([scores.valid[:, :1], scores.valid], 1).unsqueeze(1)
        there = (several if scores.relations is None else several >= 0) & valid.unsqueeze(1)
        chosen = scores.exact_arcs().unsqueeze(1)
        if scores.relations is not None:
            index = several.clamp(min=0).permute(0, 2, 3, 1)
            labels = scores.relations.to(chosen.dtype).gather(3, index).permute(0, 3, 1, 2)
            chosen = chosen + labels.masked_fill(~there | (chosen == -torch.inf), 0.0)
        total = torch.where(there, chosen, 0.0).sum((2, 3))
        return total.squeeze(1) if outputs.dim() == 3 else total

    def _check_graphs(self, outputs: Tensor) -> None:
        shape, expected = list(outputs.shape), list(self.arc_scores.arcs.shape)
        if shape not in (expected, [expected[0], *shape[1:2], *expected[1:]]):
            raise StructureError(
                f"graphs have shape {shape}", fix=f"Give them as {expected} or {[expected[0], 'n', *expected[1:]]}"
            )
        relations = self.arc_scores.relations
        if relations is None:
            if outputs.dtype != torch.bool:
                raise StructureError(f"graphs are {outputs.dtype}", fix="Without relations they are torch.bool")
        elif outputs.dtype != torch.int64:
            raise StructureError(
                f"graphs are {outputs.dtype}", fix="Give each arc's relation in torch.int64, -1 for no arc"
            )
        elif bool((outputs >= relations.shape[-1]).any()):
            raise StructureError(
                f"a graph has relation {int(outputs.max())}", fix=f"Relations are from 0 to {relations.shape[-1] - 1}"
            )
