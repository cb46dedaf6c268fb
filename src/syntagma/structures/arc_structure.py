"""What every structure over heads shares: a distribution in which each word has one head, and its arc a relation."""

from __future__ import annotations

from abc import abstractmethod
from copy import copy
from functools import cached_property
from typing import ClassVar, NamedTuple, Self, TypeVar

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.arc_scores import ArcScores, reject_odd_scores
from syntagma.structures.heads_check import checked_heads, checked_parts
from syntagma.structures.kernels.reference.independent import k_best_choices
from syntagma.structures.label_checks import check_count, result_precision
from syntagma.structures.parts import ArcParts
from syntagma.structures.relation_scores import RelationScores
from syntagma.structures.structure import Structure

AnyArcs = TypeVar("AnyArcs", bound="ArcStructure")


class BestTrees(NamedTuple):
    """The best heads, their arcs' relations, and the scores."""

    heads: Tensor
    """`[batch, words]`, 0 for the root and j for word j, counted from 1; -1 where padded. Of the k best
    `[batch, k, words]`, -1 also where there is none."""
    relations: Tensor | None
    """Likewise, the relation of each word's arc; None where arcs have none."""
    scores: Tensor
    """`[batch]`; of the k best `[batch, k]`, -inf where there is none."""

    @property
    def outputs(self) -> Tensor:
        """The heads, with relations `[..., words, 2]`: (head, relation)."""
        return self.heads if self.relations is None else torch.stack([self.heads, self.relations], -1)


class ArcStructure(Structure[ArcParts]):
    """A batch of distributions over the heads of words, and the relations of the arcs from them.

        score(y) = sum over words of arcs[word, head] + relations[word, head, relation]

    A new structure says which heads go together, by four methods over scores of arcs `[batch, words, 1 + words]` in
    float64, -inf where there is no arc, that know nothing of relations: `_log_partition`, `_best`, `_k_best` and
    `_sample`. With a `_marginals` of its own it is faster, and with `_allowed` it knows which heads are none of its
    outputs. Relations are independent given the heads, so all that concerns them is done here.

    Outputs are `heads [batch, words]` as CoNLL-U numbers them (0 is the root, j is word j), with relations
    `[batch, words, 2]` = (head, relation); -1 in padding. A word is never its own head. Forbid an arc with a score of
    -inf. Computed in float64 inside; results are float32 for half precision, else of the scores' type.

    Args:
        arcs: `[batch, words, 1 + words]`; what is in padding, or leads from a word to itself, is not read.
        lengths: `[batch]`, integers from 1 to words; None where all are full.
        relations: `[batch, words, 1 + words, relations]`, scores of the arcs' labels; None for arcs without. Where they
            are `RelationScores`, only those are computed that are needed.

    Raises:
        StructureError: shapes that disagree. Every call raises it for a row without any possible output, or with a
            NaN or +inf among its scores, naming the row.
    """

    parts: ClassVar = ArcParts

    def __init__(
        self, arcs: Tensor, lengths: Tensor | None = None, relations: Tensor | RelationScores | None = None
    ) -> None:
        self.arc_scores = ArcScores.checked(arcs, relations, lengths)
        self.lengths = self.arc_scores.lengths
        self.dtype = result_precision(arcs, relations if isinstance(relations, Tensor) else None)

    @abstractmethod
    def _log_partition(self, arcs: Tensor) -> Tensor:
        """log Z `[batch]`, differentiable; -inf for a row without a possible output."""

    @abstractmethod
    def _best(self, arcs: Tensor) -> Tensor:
        """The best heads `[batch, words]`; anything in padding and where no heads are possible."""

    @abstractmethod
    def _k_best(self, arcs: Tensor, k: int) -> Tensor:
        """The k best heads `[batch, k, words]`, -1 where there are none so many; anything in padding."""

    @abstractmethod
    def _sample(self, arcs: Tensor, n: int, generator: torch.Generator | None) -> Tensor:
        """n draws of heads `[batch, n, words]`; anything in padding and where no heads are possible."""

    def _marginals(self, arcs: Tensor) -> Tensor:
        """Probability of every arc, `[batch, words, 1 + words]`, differentiable: the derivative of log Z."""
        with torch.enable_grad():
            scores = arcs if arcs.requires_grad else arcs.detach().requires_grad_(True)
            log_z = self._log_partition(scores).sum()
            (marginals,) = torch.autograd.grad(log_z, scores, create_graph=arcs.requires_grad)
        return marginals

    def _allowed(self, heads: Tensor) -> Tensor:
        """Whether `heads [batch, n, words]`, 0 in padding, are an output, `[batch, n]` bool."""
        return heads.new_ones(heads.shape[:2], dtype=torch.bool)

    def detach(self) -> Self:
        """The same distribution, into which no gradient flows: a teacher."""
        twin = copy(self)
        twin.arc_scores = self.arc_scores.detach()
        return twin

    def tempered(self, temperature: float) -> Self:
        """The heads whose scores are these, divided by the temperature; of second order, those of the last round."""
        return _with_scores(self, self.arc_scores.tempered(temperature))

    def heads_alone(self) -> Self:
        """The distribution of the heads, whatever the arcs' relations."""
        scores = self.arc_scores
        return _with_scores(self, ArcScores(self._summed(), None, scores.lengths)) if scores.labelled else self

    def relation_probabilities(self, heads: Tensor) -> Tensor:
        """Probability of each relation of the arcs from `heads [batch, words]`, `[batch, words, relations]`."""
        at = self.arc_scores.relations_at(heads.clamp(min=0).unsqueeze(1)).squeeze(1)
        return at.to(self._summed_detached.dtype).softmax(-1).to(self.dtype)

    def log_partition(self) -> Tensor:
        """log Z, `[batch]`."""
        return self._log_z(self._summed()).to(self.dtype)

    def score(self, outputs: Tensor) -> Tensor:
        """Score of heads, `[batch]`, or of n of them a row, `[batch, n]`; -inf where they are not an output.

        `outputs` are `[batch, words]` or `[batch, n, words]`, and with relations the same with a last axis of 2: (head,
        relation). Padding is not read. Differentiable, so `score(argmax().outputs)` is the best score with a gradient.

        Raises:
            StructureError: another shape, or a head or relation that is out of range.
        """
        return self._score(outputs).to(self.dtype)

    def log_prob(self, outputs: Tensor) -> Tensor:
        """Log-probability of outputs, shapes as `score`; -inf for one that is forbidden."""
        score, log_z = self._score(outputs), self._log_z(self._summed())
        return (score - log_z.view(-1, *[1] * (score.dim() - 1))).to(self.dtype)

    def marginals(self) -> ArcParts:
        """Probability of every arc, and of every arc with each relation; 0 where padded."""
        arcs, relations = self.expected_parts()
        return ArcParts(arcs.to(self.dtype), None if relations is None else relations.to(self.dtype))

    def expected_parts(self) -> ArcParts:
        """The marginals in float64, before they are rounded."""
        arcs = self.expected_arcs()
        if not self.arc_scores.labelled:
            return ArcParts(arcs)
        return ArcParts(arcs, arcs.unsqueeze(-1) * self.arc_scores.relation_probabilities())

    def expected_arcs(self) -> Tensor:
        """Probability of every arc with any relation, `[batch, words, 1 + words]` in float64; 0 where padded."""
        if not self._records():
            return self._detached_marginals
        summed = self._summed()
        self._log_z(summed)
        return self._marginals(summed)

    def argmax(self) -> BestTrees:
        """The most probable output of each row and its score, differentiable; of equal relations, the first."""
        with torch.no_grad():
            heads = self._padded(self._best(self._highest).unsqueeze(1))
            relations = self._best_relations(heads)
        best = BestTrees(heads.squeeze(1), None if relations is None else relations.squeeze(1), heads)
        scores = self._score(best.outputs)
        self._reject_impossible(scores)
        return best._replace(scores=scores.to(self.dtype))

    @torch.no_grad()
    def topk(self, k: int) -> BestTrees:
        """The k most probable outputs of each row, best first, none twice; -1 and -inf where a row has fewer.

        The k best with relations have among them only the k best heads, each with its k best choices of relations.

        Raises:
            StructureError: k is below 1.
        """
        check_count("k", k)
        heads = self._padded(self._k_best(self._highest, k))
        none = (heads < 0).all(-1)
        scores = self._sum(heads, self._best_relations(heads)).masked_fill(none, -torch.inf)
        self._reject_impossible(scores[:, 0])
        relations = None
        if self.arc_scores.labelled:
            heads, relations, scores = self._k_best_relations(heads, scores, k)
        none = scores.isneginf().unsqueeze(-1)
        relations = None if relations is None else relations.masked_fill(none, -1)
        return BestTrees(heads.masked_fill(none, -1), relations, scores.to(self.dtype))

    @torch.no_grad()
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """n independent outputs of each row, `[batch, n, words]`, with relations `[batch, n, words, 2]`; exact.

        Raises:
            StructureError: n is below 1.
        """
        check_count("n", n)
        heads = self._padded(self._sample(self._summed_detached, n, generator))
        if not self.arc_scores.labelled:
            self._reject_impossible(self._sum(heads, None).amin(1))
            return heads
        logits = self._relations_of(heads)
        # the argmax of p / q, q exponential, is a draw from p; a forbidden relation stays at log 0 = -inf
        race = torch.empty_like(logits).exponential_(generator=generator).log_()
        relations = (logits - race).argmax(-1).masked_fill(heads < 0, -1)
        self._reject_impossible(self._sum(heads, relations).amin(1))
        return torch.stack([heads, relations], -1)

    def expected_log_prob(self, parts: ArcParts) -> Tensor:
        """`sum over parts of parts * score - log Z`, `[batch]`.

        -inf where `parts` gives weight to something forbidden. Takes marginals of another structure over heads, or a
        target's means.

        Raises:
            StructureError: parts of other shapes, or without relations where this structure has them, or the reverse.
        """
        checked_parts(parts, self.arc_scores)
        expected = self.arc_scores.expectation(parts.arcs, parts.relations)
        return (expected - self._log_z(self._summed())).to(self.dtype)

    def _records(self) -> bool:
        return self.arc_scores.learns and torch.is_grad_enabled()

    def _summed(self) -> Tensor:
        """Made anew for each result that is to be differentiated, so that one can be after another was."""
        if not self._records():
            return self._summed_detached
        arcs = self.arc_scores.summed()
        if "_summed_detached" not in self.__dict__:
            self._summed_detached = self._usable(arcs.detach())
        return arcs

    @cached_property
    def _summed_detached(self) -> Tensor:
        with torch.no_grad():
            return self._usable(self.arc_scores.summed().detach())

    @cached_property
    def _highest(self) -> Tensor:
        with torch.no_grad():
            return self._usable(self.arc_scores.highest().detach())

    @cached_property
    def _detached_marginals(self) -> Tensor:
        with torch.no_grad():
            self._log_z(self._summed_detached)
            return self._marginals(self._summed_detached)

    def _log_z(self, arcs: Tensor) -> Tensor:
        log_z = self._log_partition(arcs)
        self._reject_impossible(log_z)
        return log_z

    def _usable(self, arcs: Tensor) -> Tensor:
        """The arcs themselves. Raises StructureError unless each word has one that is possible."""
        peaks = arcs.amax(-1)
        usable = peaks.isfinite() | ~self.arc_scores.valid
        if bool(usable.all()):
            return arcs
        reject_odd_scores(arcs)
        row, word = (~usable).nonzero()[0].tolist()
        raise StructureError(
            f"row {row} has no possible output: every arc to its word {word + 1} has a score of -inf",
            fix="Look at the forbidden arcs of this row",
        )

    def _reject_impossible(self, scores: Tensor) -> None:
        """Raise for the first row whose log Z, or score of an output, is not a number: there is no output."""
        if not bool(scores.isfinite().all()):
            row = int((~scores.isfinite()).nonzero()[0])
            raise StructureError(
                f"row {row} has no possible output: no choice of heads without a score of -inf is one",
                fix="Look at the forbidden arcs of this row",
            )

    def _padded(self, heads: Tensor) -> Tensor:
        """`heads [batch, n, words]` with -1 in padding."""
        return heads if self.lengths is None else heads.masked_fill(~self.arc_scores.valid.unsqueeze(1), -1)

    def _score(self, outputs: Tensor) -> Tensor:
        """`[batch]` or `[batch, n]`, in the precision of the work."""
        heads, relations = checked_heads(outputs, self.arc_scores)
        one = outputs.dim() == (2 if relations is None else 3)
        total = self._sum(heads, relations).masked_fill(~self._allowed(heads), -torch.inf)
        return total.squeeze(1) if one else total

    def _sum(self, heads: Tensor, relations: Tensor | None) -> Tensor:
        known = None if relations is None else relations.clamp(min=0)
        return self.arc_scores.of_choices(heads.clamp(min=0), known).sum(-1)

    def _relations_of(self, heads: Tensor) -> Tensor:
        """Scores of the relations of the arcs from `heads [batch, n, words]`, `[batch, n, words, relations]`."""
        chosen = self.arc_scores.detach().relations_at(heads.clamp(min=0)).to(self._summed_detached.dtype)
        return chosen.masked_fill((heads < 0).unsqueeze(-1), 0.0)

    def _best_relations(self, heads: Tensor) -> Tensor | None:
        if not self.arc_scores.labelled:
            return None
        return self._relations_of(heads).argmax(-1).masked_fill(heads < 0, -1)

    def _k_best_relations(self, heads: Tensor, scores: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
        """The k best outputs among those with one of the `heads [batch, k, words]`, whose best `scores [batch, k]`."""
        batch, _, words = heads.shape
        choices = self._relations_of(heads).flatten(0, 1)
        valid = self.arc_scores.valid.repeat_interleave(k, 0)
        relations, gains = k_best_choices(choices - choices.amax(-1, keepdim=True), valid, k)
        totals = (scores.unsqueeze(-1) + gains.view(batch, k, k)).flatten(1)
        best, places = totals.sort(dim=1, descending=True, stable=True)
        best, places = best[:, :k], places[:, :k]
        at = places.unsqueeze(-1).expand(-1, -1, words)
        return heads.gather(1, at // k), relations.view(batch, k * k, words).gather(1, at), best


def _with_scores(dist: AnyArcs, scores: ArcScores) -> AnyArcs:
    """The same structure over other scores: all its own settings, and nothing that was computed of the old scores."""
    twin = copy(dist)
    computed = [name for name in vars(twin) if isinstance(getattr(type(dist), name, None), cached_property)]
    for name in computed:
        del twin.__dict__[name]
    twin.arc_scores = scores
    return twin
