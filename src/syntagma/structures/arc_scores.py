"""Scores of arcs and of their relations: checked, of any lengths, and read as one number an arc."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from syntagma.errors import StructureError
from syntagma.structures.label_checks import check_temperature, checked_lengths, working_precision
from syntagma.structures.parts import own_words
from syntagma.structures.relation_scores import RelationScores


@dataclass(frozen=True)
class ArcScores:
    """The scores of arcs to words from their heads. Head 0 is the root; head j is word j, counted from 1.

    An arc exists between two different words of a row, or from the root to a word. No other is ever read.
    """

    arcs: Tensor
    """`[batch, words, 1 + words]`: of the arc to word i (from 0) from head j."""
    labels: Tensor | RelationScores | None
    """`[batch, words, 1 + words, relations]`: of the arc's label; None where arcs have none."""
    lengths: Tensor | None
    """`[batch]`, int64; None where all rows are full."""

    @classmethod
    def checked(cls, arcs: Tensor, relations: Tensor | RelationScores | None, lengths: Tensor | None) -> ArcScores:
        """Scores whose shapes agree.

        Raises:
            StructureError: they do not, or a length is not from 1 to words.
        """
        if arcs.dim() != 3 or arcs.shape[1] == 0 or arcs.shape[2] != arcs.shape[1] + 1:
            raise StructureError(f"arcs have shape {list(arcs.shape)}", fix="Give them as [batch, words, 1 + words]")
        if isinstance(relations, Tensor) and (relations.shape[:-1] != arcs.shape or relations.shape[-1] == 0):
            raise StructureError(
                f"relations have shape {list(relations.shape)} beside arcs of {list(arcs.shape)}",
                fix=f"Give them as {[*arcs.shape, 'relations']}",
            )
        return cls(arcs, relations, checked_lengths(lengths, arcs))

    def detach(self) -> ArcScores:
        """The same scores without their history."""
        return ArcScores(self.arcs.detach(), None if self.labels is None else self.labels.detach(), self.lengths)

    def tempered(self, temperature: float) -> ArcScores:
        """All divided by the temperature. Raises StructureError unless it is above 0."""
        check_temperature(temperature)
        relations = None if self.relations is None else self.relations / temperature
        return ArcScores(self.arcs / temperature, relations, self.lengths)

    @property
    def labelled(self) -> bool:
        """Whether arcs have relations."""
        return self.labels is not None

    @property
    def relation_count(self) -> int:
        """How many relations an arc may have; 0 where arcs have none."""
        if self.labels is None:
            return 0
        return self.labels.shape[-1] if isinstance(self.labels, Tensor) else self.labels.count

    @cached_property
    def relations(self) -> Tensor | None:
        """`[batch, words, 1 + words, relations]`: of the arc's label; None where arcs have none."""
        return self.labels if self.labels is None or isinstance(self.labels, Tensor) else self.labels.everywhere()

    def relations_at(self, heads: Tensor) -> Tensor:
        """Scores of the relations of the arcs from `heads [batch, n, words]`, `[batch, n, words, relations]`."""
        if self.labels is None or isinstance(self.labels, Tensor):
            assert self.labels is not None
            rows = torch.arange(len(heads), device=heads.device).view(-1, 1, 1)
            return self.labels[rows, torch.arange(heads.shape[2], device=heads.device), heads]
        return self.labels.at(heads)

    @cached_property
    def learns(self) -> bool:
        """Whether a gradient may be asked for."""
        labels = self.labels
        of_labels = labels.requires_grad if isinstance(labels, Tensor) else labels is not None and labels.learns
        return self.arcs.requires_grad or of_labels

    @cached_property
    def valid(self) -> Tensor:
        """`[batch, words]` bool, true inside each row's own length."""
        return own_words(self.arcs.shape[1], self.lengths, self.arcs)

    @cached_property
    def sizes(self) -> Tensor:
        """`[batch]` int64, the row's own lengths."""
        if self.lengths is not None:
            return self.lengths
        return torch.full((self.arcs.shape[0],), self.arcs.shape[1], device=self.arcs.device)

    @cached_property
    def missing(self) -> Tensor:
        """`[batch or 1, words, 1 + words]` bool: there is no such arc, for it is a word's to itself or in padding."""
        words = self.arcs.shape[1]
        itself = torch.ones(words, words, dtype=torch.bool, device=self.arcs.device)
        itself = torch.cat([itself.new_zeros(words, 1), itself.triu().tril()], 1)
        if self.lengths is None:
            return itself.unsqueeze(0)
        heads = torch.cat([self.valid.new_ones(len(self.valid), 1), self.valid], 1)
        return itself | ~(self.valid.unsqueeze(2) & heads.unsqueeze(1))

    def summed(self) -> Tensor:
        """Log-weight of each arc with any relation, `arcs + logsumexp over relations`; float64, -inf for no arc."""
        if not isinstance(self.labels, Tensor):  # there are none, or an arc's sum to 1
            return self.exact_arcs()
        return (self.exact_arcs() + self._labels().logsumexp(-1)).masked_fill(self._unusable, -torch.inf)

    def highest(self) -> Tensor:
        """Score of each arc with its best relation, `arcs + max over relations`; float64, -inf for no arc."""
        if self.relations is None:
            return self.exact_arcs()
        return (self.exact_arcs() + self._labels().amax(-1)).masked_fill(self._unusable, -torch.inf)

    def relation_probabilities(self) -> Tensor:
        """Probability of each relation of an arc that exists, `[batch, words, 1 + words, relations]`, float64."""
        return self._labels().softmax(-1)

    def of_choices(self, heads: Tensor, relations: Tensor | None) -> Tensor:
        """Scores of the arcs from chosen heads, `[batch, n, words]` as they are; 0 in padding, -inf for no arc."""
        at = heads.transpose(1, 2)
        chosen = self.exact_arcs().gather(2, at)
        if relations is not None and self.labelled:
            label_scores = self.relations_at(heads).gather(-1, relations.unsqueeze(-1)).squeeze(-1)
            chosen = chosen + label_scores.transpose(1, 2).to(chosen.dtype).masked_fill(chosen == -torch.inf, 0.0)
        return chosen.masked_fill(~self.valid.unsqueeze(-1), 0.0).transpose(1, 2)

    def expectation(self, arcs: Tensor, relations: Tensor | None) -> Tensor:
        """`sum over parts of weight * score`, `[batch]`; weights as `ArcParts`, -inf for a weight on no arc."""
        total = weighted(arcs, self.exact_arcs()).sum((1, 2))
        if relations is None or self.relations is None:
            return total
        if not isinstance(self.labels, Tensor):  # log-probabilities: finite, and no log Z will be taken from their sum
            of_arcs = (relations * self.relations).sum(-1)
            return total + of_arcs.to(total.dtype).sum((1, 2))
        # of a target's relations nearly all are 0: only arcs that have any are looked at
        heads = arcs.shape[2]
        places = (relations != 0).any(-1).flatten().nonzero().squeeze(1)
        weights, scores = (each.flatten(0, 2).index_select(0, places) for each in (relations, self.relations))
        none = self.missing.expand(len(arcs), -1, -1).flatten().index_select(0, places)
        sums = weighted(weights, scores.to(total.dtype).masked_fill(none.unsqueeze(-1), -torch.inf)).sum(-1)
        return total.index_add(0, places // (arcs.shape[1] * heads), sums)

    def exact_arcs(self) -> Tensor:
        """Scores of the arcs alone, float64, -inf for no arc."""
        return self.arcs.to(working_precision(self.arcs), copy=True).masked_fill_(self.missing, -torch.inf)

    @cached_property
    def _unusable(self) -> Tensor:
        """No such arc, or one that is forbidden, itself or with all its relations. A NaN is kept to be found."""
        assert self.relations is not None
        return self.missing | (self.arcs == -torch.inf) | (self.relations.detach().amax(-1) == -torch.inf)

    def _labels(self) -> Tensor:
        """Scores of relations, 0 where there is no arc: a sum over nothing would have no derivative."""
        assert self.relations is not None
        return self.relations.to(working_precision(self.arcs)).masked_fill(self._unusable.unsqueeze(-1), 0.0)


def weighted(weights: Tensor, scores: Tensor) -> Tensor:
    """Products in the scores' precision, in which a part of weight 0 counts 0 even where it is forbidden."""
    return weights.to(scores.dtype) * torch.where(weights == 0, 0.0, scores)


def reject_odd_scores(scores: Tensor) -> None:
    """Raise for the first row with a NaN or +inf among `scores [batch, ...]`, which are -inf where not to be read."""
    odd = (scores.isnan() | (scores == torch.inf)).flatten(1).any(1).nonzero().flatten()
    if odd.numel():
        row = int(odd[0])
        found = "NaN" if bool(scores[row].isnan().any()) else "+inf"
        raise StructureError(f"row {row} has {found} among its scores of arcs", fix="Scores may be finite or -inf")
