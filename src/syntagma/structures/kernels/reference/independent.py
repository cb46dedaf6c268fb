"""The k best of independent choices: lists of the k best are merged two by two, in log2(words) steps."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


@torch.no_grad()
def k_best_choices(scores: Tensor, valid: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k best sequences, `labels [batch, k, words]`, and their scores `[batch, k]`, best first, none twice.

    A sequence is made of its halves in one way only, so none comes twice. Where a row has fewer, labels are -1 and
    scores -inf. Of equal scores, the order is that of a stable sort; the first is the one that argmax finds.

    Args:
        scores: `[batch, words, labels]`, of which a sequence's is a sum; finite or -inf.
        valid: `[batch, words]` bool; elsewhere there is no choice.
        k: how many.
    """
    words = scores.shape[1]
    filled = 1 << (words - 1).bit_length()  # a power of two
    totals, ranked = scores.sort(descending=True, stable=True)
    totals, ranked = totals[..., :k], ranked[..., :k]
    totals = totals.where(valid.unsqueeze(-1), _only_one(totals))
    totals = torch.cat([totals, _only_one(totals).expand(len(totals), filled - words, -1)], 1)
    labels = pad(ranked, (0, 0, 0, filled - words)).unsqueeze(-1)
    while totals.shape[1] > 1:
        totals, labels = _merge(totals, labels, k)
    totals = pad(totals.squeeze(1), (0, k - totals.shape[-1]), value=-torch.inf)
    labels = pad(labels.squeeze(1)[..., :words], (0, 0, 0, k - labels.shape[2]))
    return labels.masked_fill(~(totals.isfinite().unsqueeze(-1) & valid.unsqueeze(1)), -1), totals


def _only_one(totals: Tensor) -> Tensor:
    """Scores of a list that holds one thing of score 0, `[1, 1, ranks]`."""
    only = totals.new_full((1, 1, totals.shape[-1]), -torch.inf)
    only[..., 0] = 0.0
    return only


def _merge(totals: Tensor, labels: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Halve the number of lists, `totals [batch, lists, ranks]`, `labels [batch, lists, ranks, words]`."""
    left, right = _pairs_of_ranks(totals.shape[-1], k, totals.device)
    sums = totals[:, 0::2, left] + totals[:, 1::2, right]
    best, order = sums.sort(descending=True, stable=True)
    order = order[..., :k]
    halves = (_ranks_of(labels[:, side::2], ranks[order]) for side, ranks in ((0, left), (1, right)))
    return best[..., :k], torch.cat(list(halves), -1)


def _pairs_of_ranks(ranks: int, k: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The pairs that may be among the k best: (i, j) is no better than the (i + 1)(j + 1) pairs up to it."""
    ahead = torch.arange(1, ranks + 1, device=device)
    left, right = (ahead.unsqueeze(1) * ahead <= k).nonzero(as_tuple=True)
    return left, right


def _ranks_of(labels: Tensor, ranks: Tensor) -> Tensor:
    """`labels [batch, lists, ranks, words]` of some ranks `[batch, lists, chosen]`."""
    return labels.gather(2, ranks.unsqueeze(-1).expand(-1, -1, -1, labels.shape[-1]))
