"""The best path, and the k best, through a lattice: Viterbi's algorithm without stored back-pointers where it can."""

from __future__ import annotations

import torch
from torch import Tensor

from syntagma.structures.kernels.lattice import Lattice, reject_unusable


@torch.no_grad()
def viterbi(lattice: Lattice) -> Tensor:
    """The best path of every row, `[batch, words]`, -1 where padded; of equals, the one with the lowest last label.

    Only the best scores are kept on the way; the predecessors are found again along the one path that needs them.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    best = _best_scores(lattice)
    final = best[lattice.lengths - 1, torch.arange(best.shape[1], device=best.device)]
    reject_unusable(lattice, final.amax(1))
    label = ends = final.argmax(1)
    steps, last = best.unbind(0), lattice.last.unbind(0)
    into = lattice.transitions.mT.contiguous()  # the row of a label: its scores from every other
    labels = [ends]
    for i in range(len(steps) - 2, -1, -1):
        before = steps[i] + (into[label] if lattice.shared else _rows_of(into[i], label))
        label = torch.where(last[i], ends, before.argmax(1))
        labels.append(label)
    return torch.stack(labels[::-1]).masked_fill_(~lattice.valid, -1).T


def _best_scores(lattice: Lattice) -> Tensor:
    """`[words, batch, labels]`: the best score of a path up to each word that ends in each label."""
    emissions = lattice.emissions.mT.contiguous()  # batch last: the maximum then runs over whole vectors
    tables = lattice.transitions.unsqueeze(-1) if lattice.shared else lattice.transitions.permute(0, 2, 3, 1)
    best = [emissions[0]]
    for i in range(1, emissions.shape[0]):
        table = tables if lattice.shared else tables[i - 1]
        best.append((best[-1].unsqueeze(1) + table).amax(0) + emissions[i])
    return torch.stack(best).mT.contiguous()


def _rows_of(tables: Tensor, label: Tensor) -> Tensor:
    """Row `label [batch]` of each of `tables [batch, to, from]`."""
    return tables[torch.arange(label.shape[0], device=label.device), label]


@torch.no_grad()
def k_best(lattice: Lattice, k: int) -> tuple[Tensor, Tensor]:
    """The k best paths, `labels [batch, k, words]`, and their scores `[batch, k]`, best first and never the same twice.

    Where a row has fewer, labels are -1 and scores -inf. Every (rank, label) keeps its k best arrivals, and two of
    them differ in the label or in the rank they came from, so no path is counted twice.

    Raises:
        StructureError: a row has no path, a NaN or a +inf.
    """
    scores, origins = _k_best_scores(lattice, k)
    words, batch, _, count = scores.shape
    final = scores.gather(0, (lattice.lengths - 1).view(1, -1, 1, 1).expand(1, *scores.shape[1:])).squeeze(0)
    best, ends = final.flatten(1).topk(k, dim=1)
    reject_unusable(lattice, best[:, 0])
    state, labels = ends, ends.new_full((words, batch, k), -1)
    for i in range(words - 1, -1, -1):
        if i < words - 1:
            state = origins[i].flatten(1).gather(1, state)
        state = torch.where(lattice.last[i].unsqueeze(1), ends, state)
        labels[i] = state % count
    missing = ~lattice.valid.unsqueeze(-1) | (best == -torch.inf)
    return labels.masked_fill_(missing, -1).permute(1, 2, 0), best


def _k_best_scores(lattice: Lattice, k: int) -> tuple[Tensor, list[Tensor]]:
    """Scores `[words, batch, k, labels]`, and for each step the (rank, label) `[batch, k, labels]` it came from."""
    emissions = lattice.emissions.unsqueeze(2)
    count = emissions.shape[-1]
    nothing = emissions.new_full((1, 1, 1), -torch.inf).expand(emissions.shape[1], k - 1, count)
    scores, origins = [torch.cat([emissions[0], nothing], 1)], []
    for i in range(1, emissions.shape[0]):
        table = lattice.transitions if lattice.shared else lattice.transitions[i - 1].unsqueeze(1)
        arriving = (scores[-1].unsqueeze(-1) + table).flatten(1, 2)
        best, origin = arriving.topk(k, dim=1)
        scores.append(best + emissions[i])
        origins.append(origin)
    return torch.stack(scores), origins
