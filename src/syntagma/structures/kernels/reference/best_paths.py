"""The best path, and the k best, through a lattice: best scores forward, and paths backward along what needs them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from syntagma.structures.kernels.lattice import Lattice, reject_unusable
from syntagma.structures.kernels.reference.folded import Folded, fold


@torch.no_grad()
def viterbi(lattice: Lattice) -> tuple[Tensor, Tensor]:
    """The best path of every row, `[batch, words]`, -1 where padded, and its score `[batch]`.

    Of equals, the one with the lowest last label; of these, with the lowest label before it, and so on.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    folded = fold(lattice)
    best, final = _best_scores(folded)
    scores, ends = final.max(1)
    reject_unusable(lattice, scores)
    steps, last, label = best.unbind(0), folded.last.unbind(0), ends
    into = folded.transitions.mT.contiguous()  # the row of a label: its scores from every other
    labels = [label]
    for i in range(len(steps) - 2, -1, -1):
        before = steps[i] + (into[label] if folded.shared else _rows_of(into[i], label))
        label = torch.where(last[i], ends, before.argmax(1))
        labels.append(label)
    return torch.stack(labels[::-1]).masked_fill_(~folded.valid, -1).T, scores


def _best_scores(folded: Folded) -> tuple[Tensor, Tensor]:
    """The best score of a path up to each word that ends in each label, `[words, batch, labels]`.

    And that up to each row's last word, `[batch, labels]`.
    """
    emissions = folded.emissions.mT.contiguous()  # batch last: the maximum then runs over whole vectors
    tables = folded.transitions.unsqueeze(-1) if folded.shared else folded.transitions.permute(0, 2, 3, 1)
    best = [emissions[0]]
    for i in range(1, emissions.shape[0]):
        table = tables if folded.shared else tables[i - 1]
        best.append((best[-1].unsqueeze(1) + table).amax(0) + emissions[i])
    scores = torch.stack(best).mT.contiguous()
    return scores, scores[folded.lengths - 1, torch.arange(scores.shape[1], device=scores.device)]


def _rows_of(tables: Tensor, label: Tensor) -> Tensor:
    """Row `label [batch]` of each of `tables [batch, to, from]`."""
    return tables[torch.arange(label.shape[0], device=label.device), label]


@torch.no_grad()
def k_best(lattice: Lattice, k: int) -> tuple[Tensor, Tensor]:
    """The k best paths, `labels [batch, k, words]`, and their scores `[batch, k]`, best first and never the same twice.

    Going back from the last word, the k endings stay whose best completion is best. That is exact: an ending of one of
    the k best paths has a completion at least as good, so k others before it would be k better paths. Of equals, the
    ending that ranked higher one word later comes first, then the one with the lowest label. Where a row has fewer
    than k paths, labels are -1 and scores -inf.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    folded = fold(lattice)
    best, final = _best_scores(folded)
    reject_unusable(lattice, final.amax(1))
    words, batch, count = best.shape
    alone = final.new_full((batch, k, 1), -torch.inf)
    alone[:, 0] = 0.0  # behind the last word there is one ending, the empty one
    after, label, kept = alone, None, []
    for i in range(words - 1, -1, -1):
        if label is not None:
            behind = after + folded.emissions[i + 1].gather(1, label).unsqueeze(2) + _into(folded, i, label)
            after = torch.where(folded.last[i].view(-1, 1, 1), alone, behind)
        ranked, place = (best[i].unsqueeze(1) + after).flatten(1).sort(dim=1, descending=True, stable=True)
        scores, place = _first(ranked, k, -torch.inf), _first(place, k, 0)
        after = after.expand(-1, -1, count).flatten(1).gather(1, place).unsqueeze(2)
        label = place % count
        kept.append((label, place // count))
    labels = _follow(kept[::-1])
    missing = ~folded.valid.T.unsqueeze(1) | (scores == -torch.inf).unsqueeze(2)
    return labels.masked_fill_(missing, -1), scores


def _into(folded: Folded, i: int, label: Tensor) -> Tensor:
    """Transition scores `[batch, k, from]` from word `i` into `label [batch, k]` at the next."""
    if folded.shared:
        return folded.transitions.mT[label]
    return folded.transitions[i].mT.gather(1, label.unsqueeze(2).expand(-1, -1, folded.transitions.shape[-1]))


def _first(ranked: Tensor, k: int, otherwise: float) -> Tensor:
    """The first k of `[batch, n]`, made up to k."""
    return pad(ranked[:, :k], (0, max(k - ranked.shape[1], 0)), value=otherwise)


def _follow(kept: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Paths `[batch, k, words]` from each word's labels and the endings they lead to, each `[batch, k]`."""
    labels, ending = [], torch.arange(kept[0][0].shape[1], device=kept[0][0].device).expand_as(kept[0][0])
    for label, onward in kept:
        labels.append(label.gather(1, ending))
        ending = onward.gather(1, ending)
    return torch.stack(labels, 2)
